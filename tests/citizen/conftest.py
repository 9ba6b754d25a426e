"""What the tests of people's own pages share; which provider, `tests.support.one_provider` says.

It takes certificates, of authorities of the tests.
"""

import pytest

from tests.citizen.applicants import Applicants
from tests.support.authorities import Authorities
from tests.support.one_provider import now, one_provider
from tests.support.one_provider import provider as plain_provider
from tests.support.one_provider import sqlite_provider as plain_sqlite_provider
from tests.support.provider import Provider
from tests.support.trusting_provider import introduced, provider_settings, trusted

__all__ = ["now", "one_provider", "plain_provider", "plain_sqlite_provider", "provider_settings", "trusted"]


@pytest.fixture
def provider(plain_provider: Provider, trusted: Authorities) -> Provider:
    return introduced(plain_provider, trusted)


@pytest.fixture
def sqlite_provider(plain_sqlite_provider: Provider, trusted: Authorities) -> Provider:
    return introduced(plain_sqlite_provider, trusted)


@pytest.fixture
def applicants(provider: Provider) -> Applicants:
    """People of the register who have no account yet."""
    return Applicants(provider)
