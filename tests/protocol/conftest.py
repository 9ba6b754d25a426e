"""One running provider for each engine; every test has people, browsers and portals of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.visitor import Visitor


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _one_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    if request.param == "sqlite":
        url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
        with running_provider(url, folder) as running:
            yield running
    else:
        databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
        with databases.lend() as url, running_provider(url, folder) as running:
            yield running


@pytest.fixture
def provider(_one_provider: Provider) -> Iterator[Provider]:
    """The provider; browsers that a test was given are closed after it."""
    yield _one_provider
    _one_provider.close_browsers()


@pytest.fixture
def clock(provider: Provider) -> ManualClock:
    """The provider's clock."""
    return provider.clock


@pytest.fixture
def portal(provider: Provider) -> Portal:
    """A portal of profile `web` that needs no consent."""
    return provider.portal(refresh="session", scope="openid profile email phone address account_level")


@pytest.fixture
def visitor(provider: Provider) -> Visitor:
    """Somebody with an account, at a browser in which nobody is signed in."""
    return provider.visitor()


@pytest.fixture
def suite(provider: Provider) -> Portal:
    """A portal as the OpenID Foundation's suite has it: plain OpenID Connect, and a password alone signs in."""
    return provider.portal(
        profile="compat",
        minimum_level=1,
        refresh="offline",
        scope="openid profile email phone address offline_access",
        post_logout_redirect_uris=["https://suite.example/signed-out"],
    )
