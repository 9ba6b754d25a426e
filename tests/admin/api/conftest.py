"""People of two provinces, and a program of the nation."""

from datetime import timedelta
from typing import Any

import pytest

from idp.admin.roles import Role
from tests.admin.api.programs import Caller, person, program
from tests.admin.people.desk import Town
from tests.support.provider import Provider


@pytest.fixture(scope="package")
def provider_settings() -> dict[str, Any]:
    """A person's session outlives here what a sign-in is good for in the console."""
    return {"session_absolute": timedelta(hours=12)}


@pytest.fixture(scope="package")
def town(one_provider: Provider) -> Town:
    return Town(one_provider)


@pytest.fixture
def nation(provider: Provider) -> Caller:
    """A program that is staff of the nation."""
    return program(provider)[1]


@pytest.fixture
def official(provider: Provider) -> Caller:
    """A national admin with a token of their own sign-in."""
    return person(provider, Role.NATIONAL_ADMIN)
