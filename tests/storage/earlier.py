"""The version before certificates: its schema (revision 0002), and a database that it has left.

What people did there was done through the front door of a provider; its rows are put into the earlier schema by the
statements that the earlier program had, which named the columns that there were.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Column, MetaData, Table, create_engine, insert, inspect, select

from idp.storage import Database, Statement, Unit, metadata
from idp.storage.migrations import upgrade
from tests.citizen.applicants import Applicant, Applicants
from tests.support.clock import ManualClock
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal, Tokens
from tests.support.provider import TLS, Provider
from tests.support.provider import provider as running_provider
from tests.support.visitor import Visitor

REVISION: Final = "0002"

R = TypeVar("R")

Rows = dict[str, list[dict[str, Any]]]
"""By table, in the order of their keys."""


def earlier_tables(folder: Path) -> dict[str, Table]:
    """The tables of that schema with the columns that they had, parents before children."""
    url = f"sqlite:///{folder}/schema.db"
    upgrade(url, REVISION)
    engine = create_engine(url)
    found = inspect(engine)
    columns = {name: [column["name"] for column in found.get_columns(name)] for name in found.get_table_names()}
    engine.dispose()
    tables = [table for table in metadata.sorted_tables if table.name in columns]
    assert len(tables) == len(columns) - 1, "all of them but Alembic's own are still there"
    return {table.name: _with_only(table, columns[table.name]) for table in tables}


def _with_only(table: Table, names: list[str]) -> Table:
    columns = (Column(name, table.c[name].type, primary_key=table.c[name].primary_key) for name in names)
    return Table(table.name, MetaData(), *columns)


def read_rows(url: str, tables: dict[str, Table]) -> Rows:
    """All rows of these tables."""

    def read(db: Unit) -> Rows:
        ordered = {name: select(table).order_by(*table.primary_key) for name, table in tables.items()}
        return {name: [row._asdict() for row in db.all(Statement(asked))] for name, asked in ordered.items()}

    return asyncio.run(_within(url, read))


def write_rows(url: str, tables: dict[str, Table], rows: Rows) -> None:
    """Insert them, with the columns that these tables have."""

    def write(db: Unit) -> None:
        for name, table in tables.items():
            if rows[name]:
                db.many(Statement(insert(table)), rows[name])

    asyncio.run(_within(url, write))


async def _within(url: str, unit: Callable[[Unit], R]) -> R:
    database = await Database.open(url)
    try:
        return await database.run(unit)
    finally:
        await database.close()


@dataclass
class Earlier:
    """People and portals in the middle of what they were doing when the earlier version stopped.

    `resident` has signed in, agreed, and has tokens; `waiting` was sent back to the portal a moment ago, and the code
    has not been redeemed; `halfway` has given the password; `applicant` waits for the code of an activation;
    `summoned` has been given one at a counter.
    """

    portal: Portal
    tokens: Tokens
    resident: Visitor
    waiting: Visitor
    halfway: Visitor
    applicant: Applicant
    summoned: Applicant
    counter_code: str
    jwks: dict[str, Any]

    @classmethod
    def live(cls, provider: Provider) -> Self:
        """Do all of it."""
        portal = provider.portal(refresh="session", scope="openid profile", consent="ask")
        resident, waiting, halfway = (_at_a_browser_of_their_own(provider) for _ in range(3))
        tokens = portal.tokens(resident.signs_in_at(portal, scope="openid profile"))
        waiting.signs_in_at(portal)
        halfway.goes_to(portal)
        assert halfway.gives_password().has("otp-form")
        provider.tick()
        people = Applicants(provider)
        applicant, summoned = (replace(people.somebody(), browser=_browser()) for _ in range(2))
        # Its text is in the outbox, and the rows of the record about it are in no chain yet.
        assert applicant.begins().has("activation-code-form")
        return cls(
            portal, tokens, resident, waiting, halfway, applicant, summoned, summoned.counter_code(), portal.jwks
        )

    def meet(self, provider: Provider) -> None:
        """From now on they have to do with this provider, at the same address."""
        self.portal = replace(self.portal, http=provider.http)
        self.applicant = replace(self.applicant, provider=provider)
        self.summoned = replace(self.summoned, provider=provider)

    def close_browsers(self) -> None:
        """They go home."""
        for each in (self.resident, self.waiting, self.halfway, self.applicant, self.summoned):
            each.browser.close()


@dataclass
class House:
    """Where a provider runs, whatever its version: what outlives an upgrade, beside the database."""

    folder: Path
    clock: ManualClock
    settings: dict[str, Any]

    @classmethod
    def build(cls, folder: Path, clock: ManualClock, port: int) -> Self:
        """A register and a master key in this folder, and an address."""
        return cls(folder, clock, {"port": port, "master_key": b64encode(secrets.token_bytes(32)).decode()})

    def provider(self, url: str, **settings: Any) -> AbstractContextManager[Provider]:
        """A provider over this database."""
        return running_provider(url, self.folder, clock=self.clock, **self.settings, **settings)


def _at_a_browser_of_their_own(provider: Provider) -> Visitor:
    return Visitor(provider.newcomer(), _browser(), provider.clock)


def _browser() -> PlainBrowser:
    """One that the provider does not close with itself."""
    browser = PlainBrowser(verify=TLS)
    browser.location_stops_at("https://")
    return browser
