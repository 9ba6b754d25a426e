"""Key servers that are bad in every way: each is a refusal in bounded time, and nobody else waits for it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.hostile_portals import Hostile, hostile_portals
from tests.support.portal import Portal, error_of
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.refusal_record import Record
from tests.support.schema import sqlite_copy

WAYS = {
    "hangs": "key_set_unavailable",
    "breaks off": "key_set_unavailable",
    "drips its head": "key_set_unavailable",
    "drips its body": "key_set_unavailable",
    "endless head": "key_set_unavailable",
    "endless body": "key_set_unavailable",
    "nonsense": "key_set_unavailable",
    "another's certificate": "key_set_unavailable",
    "302": "key_set_redirects",
    "307": "key_set_redirects",
    "404": "key_set_status",
    "500": "key_set_status",
    "refuses": "key_set_not_allowed",
}
MOST_SECONDS = 5.0
"""The call has three; the rest is what a busy machine takes."""


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    thread, stack = LoopThread(), AsyncExitStack()
    yield thread.run(stack.enter_async_context(hostile_portals()))
    thread.run(stack.aclose())
    thread.close()


@pytest.fixture(scope="module")
def provider(hostile: Hostile, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder, allowed = tmp_path_factory.mktemp("provider"), tuple(server.here for server in hostile.servers.values())
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, outbound_allow=allowed) as running:
        yield running


def publishing_at(provider: Provider, address: str) -> Portal:
    return provider.portal(token_endpoint_auth_method="private_key_jwt", jwks_uri=address)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_in_bounded_time(provider: Provider, hostile: Hostile, way: str) -> None:
    portal, record = publishing_at(provider, hostile.addresses[way]), Record(provider)
    before = time.monotonic()
    assert error_of(portal.post("token", {"grant_type": "client_credentials"})) == "invalid_client"
    assert time.monotonic() - before < MOST_SECONDS
    assert record.reasons() == {WAYS[way]}
    assert hostile.trap.requests == []
    # Megabytes are in the kernel's buffers before anybody can hang up.
    assert hostile.flooded.get(way, 0) < 64 << 20


def test_nobody_else_waits_for_those_that_hang(provider: Provider, hostile: Hostile) -> None:
    """Sixty of them, which is more than there are connections to portals."""
    there = [publishing_at(provider, f"{hostile.addresses['hangs']}?{number}") for number in range(60)]
    good = provider.portal()
    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(portal.post, "introspection", {"token": "x"}) for portal in there]
        took = []
        for _ in range(5):
            before = time.monotonic()
            assert good.introspect("x") == {"active": False}
            took.append(time.monotonic() - before)
        assert not all(each.done() for each in asked)
        assert {error_of(each.result()) for each in asked} == {"invalid_client"}
    assert min(took) < 1
