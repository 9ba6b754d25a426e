"""What the tests of people's own pages share; which provider, `tests.support.one_provider` says."""

import pytest

from tests.citizen.applicants import Applicants
from tests.support.one_provider import now, one_provider, provider, sqlite_provider
from tests.support.provider import Provider

__all__ = ["now", "one_provider", "provider", "sqlite_provider"]


@pytest.fixture
def applicants(provider: Provider) -> Applicants:
    """People of the register who have no account yet."""
    return Applicants(provider)
