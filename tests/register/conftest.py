"""A sandbox register, empty or with the personas, on each engine."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import delete

from idp.register.entries import Entry
from idp.register.person import BirthDate
from idp.register.personas import add_personas
from idp.register.sandbox import SandboxRegister
from idp.register.sandbox.tables import register_metadata
from idp.storage import Statement, Unit
from tests.support.clock import START
from tests.support.postgresql import PostgreSQL

TODAY = date(2026, 11, 16)

_NAMES = count()
_EMPTY = [Statement(delete(table)) for table in register_metadata.sorted_tables]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return cast(str, request.param)


@pytest.fixture
def register_url(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody has opened yet."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/register.db"
        return
    server = cast(PostgreSQL, request.getfixturevalue("postgresql_server"))
    name = f"register_{next(_NAMES)}"
    yield server.new_database(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def _one_postgresql_url(postgresql_server: PostgreSQL) -> str:
    return postgresql_server.new_database("register")


@pytest.fixture
async def register(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> AsyncIterator[SandboxRegister]:
    """An empty register. On PostgreSQL it is emptied again for each test: that is quicker than a new one."""
    url = f"sqlite:///{tmp_path}/register.db"
    if engine == "postgresql":
        url = cast(str, request.getfixturevalue("_one_postgresql_url"))
    opened = await SandboxRegister.open(url)
    await opened._database.run(_empty)
    yield opened
    await opened.close()


def _empty(db: Unit) -> None:
    for statement in _EMPTY:
        db.execute(statement)


@pytest.fixture
async def peopled(register: SandboxRegister) -> SandboxRegister:
    await add_personas(register, now=START)
    return register


def somebody(number: str = "003190000001", **stated: Any) -> Entry:
    """A woman of Tây Hồ, but for what is stated otherwise."""
    values: dict[str, Any] = {
        "number": number,
        "full_name": "Nguyễn Thị Hạnh",
        "birth": BirthDate(1990, 5, 12),
        "gender": "female",
        "province": "01",
        "commune": "00103",
        "line": 2,
    }
    return Entry(**values | stated)


def source(number: int) -> UUID:
    """The identity of a filling."""
    return UUID(int=number)
