"""A provider that may call one key server, and that server."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.key_server import KeyServer, key
from tests.support.portal_certificates import PortalAuthority
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.small_server import Server, serving

OLD = key("old")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    thread, stack = LoopThread(), AsyncExitStack()
    yield thread.run(stack.enter_async_context(serving()))
    thread.run(stack.aclose())
    thread.close()


@pytest.fixture(scope="module")
def calling_provider(
    server: Server, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    """A provider that may call that server and no other of ours, with a mutual-TLS host behind a proxy that the tests
    play."""
    folder = tmp_path_factory.mktemp("provider")
    settings = {**PortalAuthority.write(folder).settings, "outbound_allow": (server.here,)}
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, **settings) as running:
        yield running


@pytest.fixture
def provider(calling_provider: Provider, keys: KeyServer) -> Iterator[Provider]:
    assert keys.calls == 0
    yield calling_provider
    calling_provider.close_browsers()


@pytest.fixture
def keys(server: Server) -> KeyServer:
    """The portal's key server; it publishes the old key until a test says otherwise."""
    server.requests.clear()
    found = KeyServer(server)
    found.publishes(OLD)
    return found
