"""Walking the chain. Names the first row that is not what it was when it was sealed.

It finds what was changed, removed, put in or moved, also at the end, where the head says how far the chain went. Who
can write to the database could still make the whole chain anew from the row they changed: keep the head that this
prints somewhere else, and compare.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from idp.audit.canonical import GENESIS, link
from idp.audit.tables import audit_chain, audit_events
from idp.storage import Database, Row, Statement, Unit

PAGE = 2000
SEALED_WITHIN = timedelta(minutes=1)

LAST = Statement(
    select(audit_events.c.position)
    .where(audit_events.c.position.is_not(None))
    .order_by(audit_events.c.position.desc())
    .limit(1)
)
HEAD = Statement(select(audit_chain))
ROWS = Statement(
    select(audit_events)
    .where(audit_events.c.position > bindparam("after"), audit_events.c.position <= bindparam("until"))
    .order_by(audit_events.c.position)
    .limit(PAGE)
)
LATE = Statement(
    select(func.count().label("rows")).where(audit_events.c.position.is_(None), audit_events.c.at < bindparam("before"))
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rows` stand as they were sealed; `fault` says what the next one is, or is empty. `head` is in hexadecimal.

    `unsealed` rows have waited for more than a minute: the chainer does not run, or hangs.
    """

    rows: int
    head: str
    fault: str
    unsealed: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with the chain."""
        return not self.fault


async def verify(database: Database, *, now: datetime, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """Walk the whole chain in pages. `progress` is told how many rows are done, and of how many."""
    # The last row before the head: a chainer at work may move both, and the head is never behind.
    last = await database.read(_last_position)
    head = await database.read(_head)
    late = await database.read(_late, now - SEALED_WITHIN)
    walked, fault = _Walk(), ""
    while not fault and walked.position < head.position:
        page = await database.read(_page, walked.position, head.position)
        fault = next(filter(None, map(walked.step, page)), "") if page else _CUT.format(walked.position + 1)
        if progress is not None:
            progress(walked.position, head.position)
    return Verdict(walked.position, walked.hash.hex(), fault or _at_the_end(walked, last, head), late)


_CUT = "row {} and everything after it up to the end of the chain is gone"


class _Walk:
    """How far the chain has proved right."""

    def __init__(self) -> None:
        self.position = 0
        self.hash = GENESIS

    def step(self, row: Row) -> str:
        """Take the next row, or say what is wrong with it."""
        expected = self.position + 1
        if row.position != expected:
            return f"row {expected} is gone: the next one is {row.position} ({row.event}, id {row.id})"
        linked = link(self.hash, row, expected)
        if linked != row.hash:
            return f"row {expected} ({row.event}, id {row.id}) is not as it was sealed, or not in its place"
        self.position, self.hash = expected, linked
        return ""


@dataclass(frozen=True, slots=True)
class _Head:
    position: int
    hash: bytes


def _at_the_end(walked: _Walk, last: int, head: _Head) -> str:
    if last > head.position:
        return f"the chain ends at row {head.position}, but there are rows up to {last}"
    if walked.hash != head.hash:
        return f"row {head.position} is not the one that the chain ended with"
    return ""


def _last_position(db: Unit) -> int:
    row = db.one(LAST)
    return row.position if row else 0


def _head(db: Unit) -> _Head:
    row = db.one(HEAD)
    return _Head(row.position, row.hash) if row else _Head(0, GENESIS)


def _late(db: Unit, before: datetime) -> int:
    row = db.one(LATE, before=before)
    return row.rows if row else 0


def _page(db: Unit, after: int, until: int) -> list[Row]:
    return db.all(ROWS, after=after, until=until)
