"""What the tests of signing in share; which provider, `tests.support.one_provider` says."""

import pytest

from tests.support.one_provider import now, one_provider, provider, sqlite_provider, visitor
from tests.support.portal import Portal
from tests.support.provider import Provider

__all__ = ["now", "one_provider", "provider", "sqlite_provider", "visitor"]


@pytest.fixture
def portal(provider: Provider) -> Portal:
    """A portal that wants two factors and no consent."""
    return provider.portal(refresh="session")


@pytest.fixture
def easy_portal(provider: Provider) -> Portal:
    """A portal that is content with a password."""
    return provider.portal(minimum_level=1)
