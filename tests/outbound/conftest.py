"""A server to call, in plain and by TLS."""

import ssl
from collections.abc import AsyncIterator

import pytest
import trustme

from tests.support.small_server import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as known:
        yield known


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def tls_server(authority: trustme.CA) -> AsyncIterator[Server]:
    """The portal at portal.example, by a private authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("portal.example").configure_cert(context)
    async with serving(context) as known:
        yield known
