"""A provider with a mutual-TLS host behind a proxy, which the tests play: they write `Client-Cert` themselves."""

from typing import Any

import pytest

from tests.support.one_provider import one_provider, provider, visitor
from tests.support.portal_certificates import PortalAuthority

__all__ = ["one_provider", "provider", "visitor"]


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PortalAuthority:
    return PortalAuthority.write(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="package")
def provider_settings(authority: PortalAuthority) -> dict[str, Any]:
    return authority.settings
