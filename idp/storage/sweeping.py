"""Deleting rows whose time is over, in bounded batches, each a transaction of its own."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, select, tuple_

from idp.storage.database import Database
from idp.storage.statements import Statement
from idp.storage.unit import Unit

BATCH = 1000


class Sweep:
    """The rule for one table: rows go `kept` after the moment in column `by` (an indexed one)."""

    def __init__(self, table: Table, *, by: Column[Any], kept: timedelta) -> None:
        keys = tuple(table.primary_key.columns)
        old = select(*keys).where(by < bindparam("before")).limit(BATCH)
        self.table = table
        self.kept = kept
        self._statement = Statement(delete(table).where(tuple_(*keys).in_(old) if len(keys) > 1 else keys[0].in_(old)))

    def batch(self, db: Unit, *, now: datetime) -> int:
        """Delete at most `BATCH` rows; how many."""
        return db.execute(self._statement, before=now - self.kept)

    async def run_once(self, database: Database, *, now: datetime) -> int:
        """Delete all that is due; how many rows."""
        total = 0
        while removed := await database.run(self.batch, now=now):
            total += removed
        return total
