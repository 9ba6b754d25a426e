"""One running provider for each engine; every test has people and browsers of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.citizen.applicants import Applicants
from tests.support.clock import ManualClock
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy


@contextmanager
def _on_sqlite(request: pytest.FixtureRequest, folder: Path) -> Iterator[Provider]:
    url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
    with running_provider(url, folder) as running:
        yield running


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def _one_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    if request.param == "sqlite":
        with _on_sqlite(request, folder) as running:
            yield running
        return
    databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
    with databases.lend() as url, running_provider(url, folder) as running:
        yield running


@pytest.fixture
def provider(_one_provider: Provider) -> Iterator[Provider]:
    """The provider; browsers that a test was given are closed after it."""
    yield _one_provider
    _one_provider.close_browsers()


@pytest.fixture(scope="module")
def sqlite_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider for what does not depend on the engine: pages in Chromium."""
    with _on_sqlite(request, tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
def now(provider: Provider) -> ManualClock:
    """The provider's clock. The fixture `clock` of the other tests belongs to no provider."""
    return provider.clock


@pytest.fixture
def applicants(provider: Provider) -> Applicants:
    """People of the register who have no account yet."""
    return Applicants(provider)
