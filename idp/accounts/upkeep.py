"""Codes and unfinished activations are swept a day after their time."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, bindparam, delete, select

from idp.accounts.tables import activation_codes, activations, one_time_codes
from idp.storage import Database, Statement, Unit

EVERY = timedelta(minutes=10)
_KEPT = timedelta(days=1)
_BATCH = 1000


def _sweep_of(table: Table) -> Statement:
    old = select(table.c.id).where(table.c.expires_at < bindparam("before")).limit(_BATCH)
    return Statement(delete(table).where(table.c.id.in_(old)))


_SWEEPS: Final = tuple(map(_sweep_of, (one_time_codes, activations, activation_codes)))


def sweep(db: Unit, *, now: datetime) -> int:
    """Delete one batch of each; how many in all."""
    return sum(db.execute(statement, before=now - _KEPT) for statement in _SWEEPS)


async def run_once(database: Database, *, now: datetime) -> int:
    """Delete what is old, a batch a transaction; how many."""
    total = 0
    while removed := await database.run(sweep, now=now):
        total += removed
    return total
