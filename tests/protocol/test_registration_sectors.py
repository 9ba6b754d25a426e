"""Portals of several hosts under one sector: what their `sector_identifier_uri` lists (OpenID Connect Core §8.1)."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AsyncExitStack, contextmanager
from threading import Event
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.portals import Profile
from idp.portals.bounds import Bounds
from tests.support.portal_file import KEY
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.self_registered import WEB, Registrar, members
from tests.support.small_server import Server, answer, serving

TWO = ["https://a.example/cb", "https://b.example/cb"]


@contextmanager
def _somewhere() -> Iterator[Server]:
    thread, stack = LoopThread(), AsyncExitStack()
    try:
        yield thread.run(stack.enter_async_context(serving()))
    finally:
        thread.run(stack.aclose())
        thread.close()


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    """What vouches for addresses."""
    with _somewhere() as server:
        yield server


@pytest.fixture(scope="module")
def provider(host: Server, _sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One that may call it."""
    folder = tmp_path_factory.mktemp("provider")
    url = sqlite_copy(_sqlite_template, folder)
    with running_provider(url, folder, outbound_allow=(host.here,)) as running:
        yield running


@pytest.fixture
def vouching(host: Server) -> dict[str, Any]:
    """Metadata of a portal of two hosts."""
    host.answer, host.respond = answer(json.dumps([*TWO, "https://c.example/"]).encode()), None
    host.requests.clear()
    return members(redirect_uris=TWO, sector_identifier_uri=f"http://{host.here}/sector.json")


def test_its_host_is_the_sector(provider: Provider, vouching: dict[str, Any]) -> None:
    registrar = Registrar.of(provider)
    told = registrar.registers(**vouching)
    assert (told["sector"], told["sector_identifier_uri"]) == ("127.0.0.1", vouching["sector_identifier_uri"])
    assert registrar.own("GET", told).json()["sector_identifier_uri"] == vouching["sector_identifier_uri"]
    under = Registrar.of(provider, Bounds(agency="A", profiles=(Profile.WEB,), sector_prefix="lao-cai/"))
    assert under.registers(**vouching)["sector"] == "lao-cai/127.0.0.1"
    fixed = Registrar.of(provider, Bounds(agency="A", profiles=(Profile.WEB,), sector="lao-cai"))
    assert fixed.registers(**vouching)["sector"] == "lao-cai"


@pytest.mark.parametrize(
    "said",
    [
        answer(b'["https://a.example/cb"]'),
        answer(b'["https://a.example/cb", "https://b.example/cb/"]'),
        answer(b"[]"),
        answer(b'{"https://a.example/cb": 1}'),
        answer(b'["https://a.example/cb", "https://b.example/cb", 3]'),
        answer(b'"https://a.example/cb https://b.example/cb"'),
        answer(b"not JSON"),
        answer(b"\xff\xfe"),
        answer(b"[" * 50_000),
        answer(json.dumps([*TWO, "x" * 70_000]).encode()),
        answer(json.dumps(TWO).encode(), status="404 Not Found"),
        answer(b"", status="302 Found", headers="Location: https://a.example/\r\n"),
        b"HTTP/1.1 garbage\r\n\r\n",
        b"",
    ],
    ids=range(14),
)
def test_a_document_that_does_not_vouch_for_it(
    provider: Provider, host: Server, vouching: dict[str, Any], said: bytes
) -> None:
    host.answer = said
    answered = Registrar.of(provider).posts(vouching)
    assert (answered.status_code, answered.json()["error"]) == (400, "invalid_client_metadata")
    assert answered.json()["error_description"].startswith("sector_identifier_uri ")
    assert host.requests


@pytest.mark.parametrize(
    "uri",
    [
        "https://127.0.0.1:1/sector.json",
        "https://10.0.0.1/sector.json",
        "http://localhost:1/x",
        "https://nowhere.invalid/sector.json",
    ],
)
def test_addresses_that_are_ours_are_not_called(provider: Provider, vouching: dict[str, Any], uri: str) -> None:
    registrar = Registrar.of(provider)
    answered = registrar.posts({**vouching, "sector_identifier_uri": uri})
    assert answered.status_code == 400
    # All alike: which of them is there is not told.
    assert answered.json() == {
        "error": "invalid_client_metadata",
        "error_description": "sector_identifier_uri could not be fetched",
    }


def test_who_has_no_good_token_has_nothing_fetched(provider: Provider, host: Server, vouching: dict[str, Any]) -> None:
    registrar = Registrar.of(provider)
    assert registrar.posts(vouching, "Bearer i_unknown").status_code == 401
    assert registrar.posts({**vouching, "grant_types": ["implicit"]}).status_code == 400
    assert host.requests == []


def test_keys_are_where_it_registered_them_and_roll_over_there(provider: Provider, host: Server) -> None:
    old = ECKey.generate_key("P-256", {"kid": "old", "use": "sig"}, private=True)
    host.answer = answer(json.dumps({"keys": [old.as_dict(private=False)]}).encode())
    by_key: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": f"http://{host.here}/jwks"}
    portal = Registrar.of(provider).portal(**by_key)
    asked = {"grant_type": "authorization_code", "code": "c_x", "redirect_uri": portal.callback}
    assert portal.post("token", asked).json()["error"] == "invalid_client"
    # What it signs with is published now; no registration has to change for that.
    host.answer = answer(json.dumps({"keys": [old.as_dict(private=False), KEY.as_dict(private=False)]}).encode())
    provider.clock.advance(minutes=10)
    assert portal.post("token", asked).json()["error"] == "invalid_grant"


def test_a_change_is_vouched_for_too(provider: Provider, host: Server, vouching: dict[str, Any]) -> None:
    registrar = Registrar.of(provider, WEB)
    told = registrar.registers(**vouching)
    host.answer = answer(json.dumps(TWO[:1]).encode())
    whole = {name: value for name, value in told.items() if not name.startswith("registration_")}
    assert registrar.own("PUT", told, whole).json()["error"] == "invalid_client_metadata"
    host.answer = answer(json.dumps([*TWO, "https://c.example/"]).encode())
    added = registrar.own("PUT", told, {**whole, "redirect_uris": [*TWO, "https://c.example/"]})
    assert (added.status_code, added.json()["sector"]) == (200, "127.0.0.1")
    elsewhere = {**whole, "redirect_uris": TWO[:1], "sector_identifier_uri": None}
    refused = registrar.own("PUT", told, elsewhere).json()
    assert refused["error_description"].startswith("sector ")


def test_documents_that_do_not_come_hold_up_few(provider: Provider, host: Server, vouching: dict[str, Any]) -> None:
    """Who asks for many is told to wait, and nobody else has to."""
    released, registrar = Event(), Registrar.of(provider)

    async def respond(writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(released.wait, 10)
        writer.write(host.answer)
        await writer.drain()

    host.respond = respond
    with ThreadPoolExecutor(4) as pool:
        asked = as_completed([pool.submit(registrar.posts, vouching) for _ in range(4)])
        refused = [next(asked).result() for _ in range(2)]
        assert [each.status_code for each in refused] == [503, 503]
        assert refused[0].json()["error"] == "temporarily_unavailable"
        assert registrar.posts(members()).status_code == 201
        released.set()
        assert [each.result().status_code for each in asked] == [201, 201]
