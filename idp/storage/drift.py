"""Keeping the clock with the database's, so that workers on several machines agree on what has expired."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import DateTime, literal_column, select

from idp.clock import Clock
from idp.storage.database import Database
from idp.storage.statements import Statement
from idp.storage.unit import Unit

EVERY = timedelta(seconds=10)
TOO_FAR = timedelta(seconds=5)

_CLOCK = Statement(select(literal_column("clock_timestamp()", DateTime(timezone=True)).label("at")))


def _database_time(db: Unit) -> datetime:
    row = db.one(_CLOCK)
    assert row is not None
    at: datetime = row.at
    return at


async def measure(database: Database, clock: Clock) -> timedelta:
    """Set the clock's offset to the database's time and say how far the system's own clock is off.

    SQLite has no clock of its own: zero. Half the round trip is taken as the way there; a difference that the way can
    account for is none, so that a busy machine does not make its own clock jump.
    """
    if database.dialect_name == "sqlite":
        return timedelta(0)
    loop = asyncio.get_running_loop()
    began = loop.time()
    database_time = await database.read(_database_time)
    half_way = timedelta(seconds=(loop.time() - began) / 2)
    system_time = clock.now() - clock.offset
    difference = database_time + half_way - system_time
    clock.offset = difference if abs(difference) > half_way else timedelta(0)
    return abs(clock.offset)
