"""The sandbox register behind the port `idp.register.port.Register`."""

import asyncio
import hmac
from collections.abc import Callable, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

from sqlalchemy import bindparam, func, select

from idp.errors import Refusal
from idp.register import names
from idp.register.entries import Entry
from idp.register.person import BirthDate, Person
from idp.register.port import LONGEST_WAIT, RegisterUnavailable
from idp.register.sandbox import filling, tables
from idp.register.sandbox.filling import Filled
from idp.register.sandbox.tables import people, previous_numbers
from idp.storage import Database, Row, Statement, Unit

_NOBODY = SimpleNamespace(
    **dict.fromkeys(people.c.keys(), "") | {"key": UUID(int=0), "birth": "1900-01-01", "card_expires": "2000-01-01"}
)
"""Stands in for the row of an unknown number, so that as much is done with it."""

# A scalar subquery is looked up once by index; an OR over both tables would read every row on PostgreSQL.
_BY_NUMBER = Statement(
    select(people).where(
        people.c.key
        == func.coalesce(
            select(people.c.key).where(people.c.number == bindparam("number")).scalar_subquery(),
            select(previous_numbers.c.person_key)
            .where(previous_numbers.c.number == bindparam("number"))
            .scalar_subquery(),
        )
    )
)
_BY_KEY = Statement(select(people).where(people.c.key == bindparam("key")))
_NUMBERS_BEFORE = Statement(
    select(previous_numbers.c.number)
    .where(previous_numbers.c.person_key == bindparam("key"))
    .order_by(previous_numbers.c.position)
)


class SandboxRegister:
    """A population register in one small database. Keeps the promises of `Register`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open `sqlite:///path` or `postgresql://…` and make its tables when they are missing.

        Raises `ValueError` for any other address and `OSError` when the database does not answer.
        """
        database = await Database.open(url)
        try:
            await _create_tables(database)
        except BaseException:
            await database.close()
            raise
        return cls(database)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._database.close()

    async def find(self, number: str) -> Person | None:
        """See `Register.find`."""
        return await self._ask(_find, number)

    async def match(self, number: str, full_name: str, birth: BirthDate) -> Person | None:
        """See `Register.match`."""
        return await self._ask(_match, number, names.fold(full_name), str(birth))

    async def by_key(self, key: UUID) -> Person | None:
        """See `Register.by_key`."""
        return await self._ask(_by_key, key)

    async def fill(
        self,
        entries: Sequence[Entry],
        *,
        source: UUID,
        now: datetime,
        stated: frozenset[str] = filling.EVERYTHING,
        strict: bool = False,
    ) -> Filled:
        """Take one batch of people in, in one transaction. See `filling.fill`."""
        return await self._database.run(filling.fill, entries, source=source, now=now, stated=stated, strict=strict)

    async def _ask(self, unit: Callable[..., Person | None], *arguments: Any) -> Person | None:
        try:
            async with asyncio.timeout(LONGEST_WAIT.total_seconds()):
                return await self._database.read(unit, *arguments)
        except (Refusal, OSError) as error:  # TimeoutError is an OSError
            raise RegisterUnavailable(type(error).__name__) from error


async def _create_tables(database: Database) -> None:
    try:
        await database.run(tables.create)
    except (Refusal, OSError):
        raise
    except Exception:
        # Two workers that open an empty PostgreSQL at once collide inside CREATE … IF NOT EXISTS. The loser finds the
        # tables made; any other cause is raised by this second try.
        await database.run(tables.create)


def _find(db: Unit, number: str) -> Person | None:
    return _person_of(db, db.one(_BY_NUMBER, number=number))


def _by_key(db: Unit, key: UUID) -> Person | None:
    return _person_of(db, db.one(_BY_KEY, key=key))


def _person_of(db: Unit, row: Row | None) -> Person | None:
    return None if row is None else _person(row, db.all(_NUMBERS_BEFORE, key=row.key))


def _match(db: Unit, number: str, folded_name: str, birth: str) -> Person | None:
    """Every statement and comparison is made whatever the one before has shown, so that time tells nothing."""
    found = db.one(_BY_NUMBER, number=number)
    row = found if found is not None else _NOBODY
    person = _person(row, db.all(_NUMBERS_BEFORE, key=row.key))
    same_name = _same(folded_name, row.folded_name)
    same_birth = _same(birth, row.birth)
    return person if (found is not None) & same_name & same_birth else None


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(), kept.encode())


def _person(row: Any, before: list[Row]) -> Person:
    return Person(
        key=row.key,
        number=row.number,
        previous_numbers=tuple(earlier.number for earlier in before),
        full_name=row.full_name,
        birth=BirthDate.parse(row.birth),
        gender=row.gender,
        nationality=row.nationality,
        province=row.province,
        commune=row.commune,
        address_detail=row.address_detail,
        phone=row.phone,
        status=row.status,
        card_expires=date.fromisoformat(row.card_expires) if row.card_expires else None,
        guardian_key=row.guardian_key,
        record_version=row.record_version,
        scheme=row.scheme,
    )
