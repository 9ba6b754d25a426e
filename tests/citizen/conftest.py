"""What the tests of people's own pages share; which provider, `tests.support.one_provider` says.

It takes certificates, of authorities of the tests.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.citizen.applicants import Applicants
from tests.support.authorities import Authorities, authorities
from tests.support.one_provider import now, one_provider
from tests.support.one_provider import provider as plain_provider
from tests.support.one_provider import sqlite_provider as plain_sqlite_provider
from tests.support.provider import Provider

__all__ = ["now", "one_provider", "plain_provider", "plain_sqlite_provider"]


@pytest.fixture(scope="package")
def trusted() -> Iterator[Authorities]:
    with authorities() as known:
        yield known


@pytest.fixture(scope="package")
def provider_settings(trusted: Authorities) -> dict[str, Any]:
    return trusted.settings


@pytest.fixture
def provider(plain_provider: Provider, trusted: Authorities) -> Provider:
    return _introduced(plain_provider, trusted)


@pytest.fixture
def sqlite_provider(plain_sqlite_provider: Provider, trusted: Authorities) -> Provider:
    return _introduced(plain_sqlite_provider, trusted)


@pytest.fixture
def applicants(provider: Provider) -> Applicants:
    """People of the register who have no account yet."""
    return Applicants(provider)


def _introduced(provider: Provider, trusted: Authorities) -> Provider:
    trusted.clock = provider.clock
    if not provider.parts.certificates.authorities:
        trusted.introduce(provider)
    return provider
