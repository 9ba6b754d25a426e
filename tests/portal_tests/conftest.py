"""A provider that may call the ports on which portals under test are."""

from typing import Any

import pytest

from tests.portal_tests.trying import PORTS
from tests.support.one_provider import now, one_provider, provider

__all__ = ["now", "one_provider", "provider"]


@pytest.fixture(scope="package")
def provider_settings() -> dict[str, Any]:
    return {"outbound_allow": tuple(f"{host}:{port}" for host in ("localhost", "127.0.0.1") for port in PORTS)}
