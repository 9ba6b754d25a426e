"""People of two provinces, and staff of each kind."""

import pytest

from tests.admin.people.desk import Desk, Town
from tests.support.provider import Provider


@pytest.fixture(scope="package")
def town(one_provider: Provider) -> Town:
    return Town(one_provider)


@pytest.fixture
def desk(provider: Provider) -> Desk:
    """A national admin at the console."""
    return Desk.of(provider)
