"""What the tests of signing in share; which provider, `tests.support.one_provider` says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.support.chromium import chromium
from tests.support.one_provider import now, one_provider, provider, sqlite_provider, visitor
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.web.serving import serving

__all__ = ["now", "one_provider", "provider", "sqlite_provider", "visitor"]


@pytest.fixture
def portal(provider: Provider) -> Portal:
    """A portal that wants two factors and no consent."""
    return provider.portal(refresh="session")


@pytest.fixture
def easy_portal(provider: Provider) -> Portal:
    """A portal that is content with a password."""
    return provider.portal(minimum_level=1)


@pytest.fixture(scope="module")
def browser(provider: Provider) -> Iterator[Browser]:
    """Opened after the provider: while it is open, nothing else can be migrated on this thread."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    """Where the portal takes people back: another origin, as the pages' content policy must allow."""

    async def welcome(request: Request) -> Response:
        return PlainTextResponse("portal")

    with serving(Starlette(routes=[Route("/callback", welcome)])) as address:
        yield f"{address}/callback"
