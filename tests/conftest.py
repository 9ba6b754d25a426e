"""Fixtures that every room's tests share."""

import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from idp.storage import Database
from tests.support.clock import ManualClock
from tests.support.postgresql import PostgreSQL, postgresql
from tests.support.schema import PostgresqlDatabases, sqlite_copy, sqlite_template


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def _postgresql_databases(postgresql_server: PostgreSQL) -> Iterator[PostgresqlDatabases]:
    databases = PostgresqlDatabases(postgresql_server)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database on each engine."""
    if request.param == "sqlite":
        yield sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), tmp_path)
    else:
        with cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases")).lend() as url:
            yield url


@pytest.fixture(scope="package")
def provider_settings() -> dict[str, Any]:
    """What a folder's providers are told beside the usual (`tests.support.one_provider`)."""
    return {}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.hookimpl
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: while one waits for a browser, a gateway or a killed process, another works."""
    return (os.cpu_count() or 1) + 1


_ONE_DEMO = ("tests/acceptance/", "tests/journeys/demo/")


class _ByFile(LoadFileScheduling):
    """The tests of a file stay in one process, and so do those of a folder that has one demo for all its files."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _ONE_DEMO if nodeid.startswith(folder)), super()._split_scope(nodeid))


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByFile:
    return _ByFile(config, log)


_LONGEST = 3600  # seconds for one test with full counts


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="full counts of races, kills and mutations")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """The tests stay until the end. To look through them for garbage, again and again, takes a fifth of the run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        # The provider writes a line to it after its last answer, and a file closed meanwhile breaks the process.
        if "one_provider" in fixtures and fixtures & {"capfd", "capsys"}:
            raise pytest.UsageError(f"{item.nodeid}: a provider's log is read by structlog.testing.capture_logs")
    long = [item for item in items if item.get_closest_marker("long")]
    if config.getoption("--long"):
        for item in long:
            item.add_marker(pytest.mark.timeout(_LONGEST))
        return
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing: it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = 1
