"""What the tests of consent share; which provider, `tests.support.one_provider` says."""

import pytest

from tests.support.one_provider import now, one_provider, provider, visitor
from tests.support.portal import Portal
from tests.support.provider import Provider

__all__ = ["now", "one_provider", "provider", "visitor"]


@pytest.fixture
def portal(provider: Provider) -> Portal:
    """A portal that must ask people first."""
    return provider.portal(consent="ask", refresh="session", scope="openid profile phone address")
