"""A running provider on each engine, for the console's own pages."""

from typing import Any

import pytest

from tests.support.one_provider import now, one_provider, provider, visitor

__all__ = ["now", "one_provider", "provider", "visitor"]


@pytest.fixture(scope="package")
def provider_settings() -> dict[str, Any]:
    return {}
