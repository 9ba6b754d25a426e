"""Fixtures beside those of `one_provider`: the tests' authorities, and providers that trust them.

A folder's conftest.py imports them and names them in `__all__`; the authorities live as long as the folder.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.authorities import Authorities, authorities
from tests.support.provider import Provider


@pytest.fixture(scope="package")
def trusted() -> Iterator[Authorities]:
    with authorities() as known:
        yield known


@pytest.fixture(scope="package")
def provider_settings(trusted: Authorities) -> dict[str, Any]:
    return trusted.settings


def introduced(provider: Provider, trusted: Authorities) -> Provider:
    """The same provider, which trusts them from now on; their lists follow its clock."""
    trusted.clock = provider.clock
    if not provider.parts.certificates.authorities:
        trusted.introduce(provider)
    return provider
