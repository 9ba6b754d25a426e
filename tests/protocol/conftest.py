"""What the tests of the endpoints share; which provider, `tests.support.one_provider` says."""

import pytest

from tests.support.clock import ManualClock
from tests.support.one_provider import one_provider, provider, visitor
from tests.support.portal import Portal
from tests.support.provider import Provider

__all__ = ["one_provider", "provider", "visitor"]


@pytest.fixture
def clock(provider: Provider) -> ManualClock:
    """The provider's clock."""
    return provider.clock


@pytest.fixture
def portal(provider: Provider) -> Portal:
    """A portal of profile `web` that needs no consent."""
    return provider.portal(refresh="session", scope="openid profile email phone address account_level")


@pytest.fixture
def suite(provider: Provider) -> Portal:
    """A portal as the OpenID Foundation's suite has it: plain OpenID Connect, and a password alone signs in."""
    return provider.portal(
        profile="compat",
        minimum_level=1,
        refresh="offline",
        scope="openid profile email phone address offline_access",
        post_logout_redirect_uris=["https://suite.example/signed-out"],
    )
