"""Fixtures: one running provider for each engine, shared by a folder; every test has people and portals of its own.

A folder's conftest.py imports those it wants and names them in `__all__`; the provider lives as long as the folder, and
has the folder's own fixture `provider_settings` where there is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.clock import ManualClock
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.visitor import Visitor


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def one_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    settings = request.getfixturevalue("provider_settings")
    if request.param == "sqlite":
        with _on_sqlite(request, folder, settings) as running:
            yield running
        return
    databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
    with databases.lend() as url, running_provider(url, folder, **settings) as running:
        yield running


@pytest.fixture
def provider(one_provider: Provider) -> Iterator[Provider]:
    """The provider; browsers that a test was given are closed after it."""
    yield one_provider
    one_provider.close_browsers()


@pytest.fixture(scope="module")
def sqlite_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider for what does not depend on the engine: pages in Chromium."""
    settings = request.getfixturevalue("provider_settings")
    with _on_sqlite(request, tmp_path_factory.mktemp("provider"), settings) as running:
        yield running


@pytest.fixture
def now(provider: Provider) -> ManualClock:
    """The provider's clock. The fixture `clock` of tests without a provider belongs to none."""
    return provider.clock


@pytest.fixture
def visitor(provider: Provider) -> Visitor:
    """Somebody with an account, at a browser in which nobody is signed in."""
    return provider.visitor()


@contextmanager
def _on_sqlite(request: pytest.FixtureRequest, folder: Path, settings: dict[str, Any]) -> Iterator[Provider]:
    url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
    with running_provider(url, folder, **settings) as running:
        yield running
