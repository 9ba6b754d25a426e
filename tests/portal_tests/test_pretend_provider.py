"""A run's issuer: nobody can sign in there, nothing of it is worth anything elsewhere, and it ends."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest

from idp.portal_tests import runs, sightings, upkeep
from idp.portal_tests.runs import LIFETIME
from tests.portal_tests.small_portal import SECRET, small_portal
from tests.portal_tests.trying import a_port, begun, registered, robot
from tests.support.chromium import chromium, look
from tests.support.chromium import person as at_browser
from tests.support.fapi_portal import signed
from tests.support.portal_file import KEY, portal_members
from tests.support.provider import LoopThread, Provider
from tests.support.small_server import Server, answer

KeyServer: TypeAlias = tuple[int, Server]


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    """Where a portal publishes its keys."""
    thread, port, known = LoopThread(), a_port(), Server()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(known.serve, "127.0.0.1", port)

    async def end(listening: asyncio.Server) -> None:
        listening.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    listening = thread.run(listen())
    yield port, known
    thread.run(end(listening))
    thread.close()


@pytest.fixture
def issuer(provider: Provider) -> str:
    """Of a run that nobody goes through."""
    provider.clock.advance(minutes=3)
    portal = registered(
        provider, portal_members(f"portal-{provider.clock.now():%H%M%S}", initiate_login_uri="https://p.example")
    )
    return begun(provider, portal).issuer("")


def test_it_describes_itself_as_its_own_issuer(provider: Provider, issuer: str) -> None:
    for path in (f"{issuer}/.well-known/openid-configuration", f"/.well-known/oauth-authorization-server{issuer}"):
        document = provider.get(path).json()
        assert document["issuer"] == f"{provider.issuer}{issuer}"
        assert all(
            document[name].startswith(f"{provider.issuer}{issuer}/") for name in document if name.endswith("endpoint")
        )
    (key,) = provider.get(f"{issuer}/jwks").json()["keys"]
    assert "d" not in key
    assert key["kid"] not in provider.get("/jwks").text


@pytest.mark.parametrize("path", ["", "/authorize", "/authorize?client_id=x&login_hint=003190001234"])
def test_a_person_who_comes_there_is_asked_for_nothing(provider: Provider, issuer: str, path: str) -> None:
    answer = provider.get(f"{issuer}{path}")
    assert (answer.status_code, "<form" in answer.text, "<input" in answer.text) == (200, False, False)
    assert 'id="test-address"' in answer.text
    assert "location" not in answer.headers and "set-cookie" not in answer.headers
    assert "login_hint" not in answer.text and "003190001234" not in answer.text


def test_the_explanation_looks_well(sqlite_provider: Provider) -> None:
    portal = registered(sqlite_provider, portal_members("portal-looked-at", initiate_login_uri="https://p.example"))
    issuer = begun(sqlite_provider, portal).issuer(sqlite_provider.issuer)
    with chromium() as browser, at_browser(browser) as context:
        page = context.new_page()
        page.goto(f"{issuer}/authorize")
        look(page, "portal-test-address")


@pytest.mark.parametrize("name", ["nobody", "x" * 300, "%00", "..%2f..", "é"])
def test_no_run_of_that_name(provider: Provider, name: str) -> None:
    for path in ("/.well-known/openid-configuration", "/jwks", "/userinfo", "/authorize", ""):
        assert provider.get(f"/portal-tests/{name}{path}").status_code == 404, path
    for path in ("/token", "/par"):
        assert provider.http.post(f"{provider.issuer}/portal-tests/{name}{path}", data={"a": "b"}).status_code == 404


def test_it_is_over_after_two_hours(provider: Provider, issuer: str) -> None:
    assert provider.get(f"{issuer}/jwks").status_code == 200
    provider.clock.advance(hours=LIFETIME.total_seconds() / 3600)
    assert provider.get(f"{issuer}/jwks").status_code == 404
    parts = provider.parts
    provider.run(upkeep.run_once(parts.database, robot(provider), parts.portals, parts.clock))
    assert provider.get(f"{issuer}/jwks").status_code == 404


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({}, {}, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "tc_x", "client_id": "other"}, {}, 401, "invalid_client"),
        ({"grant_type": "password"}, {"authorization": "Basic !!!"}, 401, "invalid_client"),
        ({"client_assertion": "a.b.c", "client_assertion_type": "x"}, {}, 401, "invalid_client"),
        ({"a": "b\x00"}, {}, 400, "invalid_request"),
    ],
)
def test_nobody_but_the_portal_gets_tokens(
    provider: Provider, issuer: str, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    for endpoint in ("token", "par"):
        answer = provider.http.post(f"{provider.issuer}{issuer}/{endpoint}", data=form, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_what_it_issues_is_worth_nothing_at_the_provider(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    with small_portal(provider.clock.now, a_port()) as small:
        portal = registered(provider, small.members())
        run = begun(provider, portal)
        provider.run(robot(provider).go_through(run, portal))
        tokens = [each["tokens"] for each in small.browsers.values() if "tokens" in each]
    assert tokens
    for token in (tokens[-1]["access_token"], tokens[-1]["id_token"]):
        answer = provider.get("/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    credentials = (portal.client_id, SECRET)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens[-1]["refresh_token"]}
    answer = provider.http.post(f"{provider.issuer}/token", data=refresh, auth=credentials)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    asked = provider.http.post(
        f"{provider.issuer}/introspect", data={"token": tokens[-1]["access_token"]}, auth=credentials
    )
    assert asked.json() == {"active": False}


def test_a_report_holds_no_token_and_no_secret(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    with small_portal(provider.clock.now, a_port(), frozenset({"proof"})) as small:
        portal = registered(provider, small.members())
        run = begun(provider, portal)
        provider.run(robot(provider).go_through(run, portal))
    ended = provider.run(provider.parts.database.read(runs.find, run.id))
    told = json.dumps(ended.results)
    assert SECRET not in told and "tc_" not in told and ended.sub not in told


def test_its_portals_keys_are_those_that_the_real_one_would_take(provider: Provider, key_server: KeyServer) -> None:
    """And fetched once in a while, however often anybody calls."""
    port, server = key_server
    members = portal_members(
        "portal-with-published-keys",
        initiate_login_uri="https://p.example",
        token_endpoint_auth_method="private_key_jwt",
        jwks=None,
        jwks_uri=f"http://localhost:{port}/jwks",
    )
    portal = registered(provider, {name: value for name, value in members.items() if value is not None})
    run = begun(provider, portal)
    token = f"{run.issuer(provider.issuer)}/token"
    now = int(provider.clock.now().timestamp())
    said = {"iss": portal.client_id, "sub": portal.client_id, "aud": run.issuer(provider.issuer), "jti": "a"}
    assertion = signed({"alg": "ES256", "kid": KEY.kid}, {**said, "iat": now, "exp": now + 60}, KEY)

    def answered(keys: list[Any]) -> str:
        provider.clock.advance(seconds=6)
        server.answer = answer(json.dumps({"keys": keys}).encode())
        form = {"grant_type": "authorization_code", "code": "x", "client_assertion": assertion}
        return str(provider.http.post(token, data=form).json()["error"])

    public = KEY.as_dict(private=False)
    assert answered([public]) == "invalid_grant"
    for _ in range(20):
        provider.http.post(token, data={"client_assertion": "x"})
    assert len(server.requests) == 1
    assert answered([KEY.as_dict(private=True)]) == "invalid_client", "a key that lies open is burnt"
    assert answered([public] * 25) == "invalid_client", "too many to be a set"


def test_so_much_is_written_down_and_no_more(provider: Provider, issuer: str) -> None:
    """Whoever knows the address may call as often as they like, and hides nothing else by that."""
    for _ in range(sightings.MOST + 5):
        assert provider.get(f"{issuer}/jwks").status_code == 200
    provider.http.post(f"{provider.issuer}{issuer}/token", data={"grant_type": "authorization_code"})
    name = issuer.rpartition("/")[2]
    read = provider.parts.database.read
    run = provider.run(read(runs.answering, name, now=provider.clock.now()))
    counted = [len(provider.run(read(sightings.seen, run.id, run.step, each))) for each in ("jwks", "token")]
    assert counted == [sightings.MOST, 1]
