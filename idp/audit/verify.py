"""Walking the chain. Names the first row that is not what it was when it was sealed.

By itself the chain shows what was changed, removed, put in or moved, also at the end, where the head says how far it
went. Who can write to the database could make the whole chain anew from the row they changed, and cut the head back
with the tail: that is what checkpoints show (`idp.audit.checkpoint`), best those that were kept elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, case, func, literal, select

from idp.audit.canonical import EPOCH, GENESIS, link, sealed_rows
from idp.audit.checkpoint import Checkpoint
from idp.audit.tables import audit_chain, audit_events
from idp.audit.witness import Contradiction, Witness
from idp.storage import Database, Row, Statement, TextUnreadable, Unit
from idp.storage.columns import Moment

PAGE: Final = 500
SEALED_WITHIN: Final = timedelta(minutes=1)

FIRST = Statement(
    select(audit_events.c.position)
    .where(audit_events.c.position.is_not(None))
    .order_by(audit_events.c.position)
    .limit(1)
)
LAST = Statement(
    select(audit_events.c.position)
    .where(audit_events.c.position.is_not(None))
    .order_by(audit_events.c.position.desc())
    .limit(1)
)
HEAD = Statement(select(audit_chain))
ROWS = Statement(
    sealed_rows()
    .where(audit_events.c.position > bindparam("after"), audit_events.c.position <= bindparam("until"))
    .order_by(audit_events.c.position)
    .limit(bindparam("page"))
)
_IS_LATE = (audit_events.c.position.is_(None), audit_events.c.at < bindparam("before"))
# Nothing was recorded before 1970, and Python has no word for a year before the first.
_NO_EARLIER = case((audit_events.c.at < literal(EPOCH, Moment), literal(EPOCH, Moment)), else_=audit_events.c.at)
LATE = Statement(select(func.count().label("rows"), func.min(_NO_EARLIER).label("since")).where(*_IS_LATE))

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rows` stand as they were sealed; `fault` says what the next one is, or is empty. `head` is in hexadecimal.

    `bad_row` is the position of the one that `fault` names, None when the chain holds. `checkpoints` are those that
    were looked at and good, `checkpoint_fault` is the first thing that is wrong with them, apart from rows that
    contradict them. `unsealed` rows have waited for more than a minute, the first of them since `unsealed_since`: the
    chainer does not run, or hangs.
    """

    rows: int
    head: str
    fault: str
    unsealed: int
    bad_row: int | None = None
    checkpoints: int = 0
    checkpoint_fault: str = ""
    unsealed_since: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with the chain and with its checkpoints. Unsealed rows are not in the chain yet."""
        return not self.fault and not self.checkpoint_fault


async def verify(
    database: Database, *, now: datetime, witness: Witness | None = None, progress: Progress | None = None
) -> Verdict:
    """Walk the whole chain in pages, beside its checkpoints. `progress` is told how many rows are done, of how many."""
    late = await database.read(_late, now - SEALED_WITHIN)
    walk = _Walk(database, witness, progress)
    fault = await walk.to_the_end()
    if witness is not None:
        await witness.finish()
    return Verdict(
        rows=walk.position,
        head=walk.hash.hex(),
        fault=fault.says if fault else "",
        unsealed=late.rows,
        bad_row=fault.position if fault else None,
        checkpoints=witness.held if witness else 0,
        checkpoint_fault=witness.fault if witness else "",
        unsealed_since=late.since,
    )


@dataclass(frozen=True, slots=True)
class _Fault:
    """The first row that is not right, and what is wrong with it."""

    position: int
    says: str


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the chain ends, and what is wrong with the table that says so."""

    position: int
    hash: bytes
    fault: str


class _Walk:
    """How far the chain has proved right. Every method gives the first fault, or None."""

    def __init__(self, database: Database, witness: Witness | None, progress: Progress | None) -> None:
        self._database = database
        self._witness = witness
        self._progress = progress
        self.position = 0
        self.hash = GENESIS

    async def to_the_end(self) -> _Fault | None:
        """To the head, and on while it moves: a chainer at work may move it, and a checkpoint know of that first."""
        if (fault := await self._database.read(_before_the_first)) is not None:
            return fault
        walked_to = -1
        while True:
            # The last row before the head: a chainer at work may move both, and the head is never behind.
            last = await self._database.read(_last_position)
            head = await self._database.read(_head)
            if (fault := await self._to(head.position)) is not None:
                return fault
            beyond = await self._witness.beyond(self.position) if self._witness else None
            if beyond is None or walked_to == head.position or last > head.position:
                return self._at_the_end(last, head, beyond)
            walked_to = head.position

    async def _to(self, goal: int) -> _Fault | None:
        size = PAGE
        while self.position < goal:
            try:
                page = await self._database.read(_page, self.position, goal, size)
            except (TextUnreadable, OverflowError):
                # A text that is not UTF-8, or a time that Python has no word for: row by row up to that one.
                if size == 1:
                    return _unreadable(self.position + 1)
                size = 1
                continue
            if not page:
                missing = self.position + 1
                return _Fault(missing, f"row {missing} and everything after it up to the end of the chain is gone")
            if (fault := await self._take(page)) is not None:
                return fault
            if self._progress is not None:
                self._progress(self.position, goal)
        return None

    async def _take(self, page: list[Row]) -> _Fault | None:
        """As many of these rows as are right."""
        first, (hashes, fault) = self.position + 1, _linked(self.hash, page, self.position)
        if self._witness is not None and hashes:
            contradiction = await self._witness.first_contradiction(first, hashes)
            if contradiction is not None:
                place = contradiction.position - first
                fault, hashes = _contradicted(page[place], contradiction), hashes[:place]
        if hashes:
            self.position, self.hash = self.position + len(hashes), hashes[-1]
        return fault

    def _at_the_end(self, last: float, head: _Head, beyond: Checkpoint | None) -> _Fault | None:
        if last > head.position:
            says = head.fault or f"the chain ends at row {head.position}, but there are rows up to {last}"
            return _Fault(head.position + 1, says)
        if beyond is not None:
            missing, known = self.position + 1, _known_by(beyond.sequence, beyond.at)
            says = f"row {missing} and everything after it up to row {beyond.position}, which {known}, is gone"
            return _Fault(missing, says)
        if self.hash != head.hash:
            return _Fault(head.position, f"row {head.position} is not the one that the chain ended with")
        return _Fault(head.position + 1, head.fault) if head.fault else None


def _linked(previous: bytes, page: list[Row], after: int) -> tuple[list[bytes], _Fault | None]:
    """The hashes of rows from the first on that are right, and what is wrong with the next one."""
    hashes: list[bytes] = []
    expected = after
    for row in page:
        expected += 1
        if row.position != expected:
            return hashes, _Fault(expected, f"row {expected} is gone: the next one is {row.position} ({_name(row)})")
        try:
            previous = link(previous, row, expected)
        except (TypeError, AttributeError):
            # No value that a program of ours has written: SQLite takes any in any column.
            return hashes, _changed(row, expected)
        if previous != row.hash:
            return hashes, _changed(row, expected)
        hashes.append(previous)
    return hashes, None


def _changed(row: Row, position: int) -> _Fault:
    return _Fault(position, f"row {position} ({_name(row)}) is not as it was sealed, or not in its place")


def _unreadable(position: int) -> _Fault:
    return _Fault(position, f"row {position} is not as it was sealed, or not in its place: it cannot even be read")


def _contradicted(row: Row, contradiction: Contradiction) -> _Fault:
    known = _known_by(contradiction.sequence, contradiction.at)
    position = contradiction.position
    return _Fault(position, f"row {position} ({_name(row)}) is not the one that {known}")


def _known_by(sequence: int, at: datetime) -> str:
    return f"checkpoint {sequence} signed at {at.isoformat(timespec='seconds')}"


def _name(row: Row) -> str:
    try:
        return f"{row.event}, id {UUID(str(row.id))}"
    except ValueError:
        return f"{row.event}, without an id"


def _before_the_first(db: Unit) -> _Fault | None:
    row = db.one(FIRST)
    if row is None or _number(row.position) >= 1:
        return None
    return _Fault(row.position, f"row {row.position} was put before the first")


def _last_position(db: Unit) -> float:
    row = db.one(LAST)
    return _number(row.position) if row else 0


def _number(position: object) -> float:
    """SQLite takes any value in any column, and orders what is no number after every number."""
    return position if isinstance(position, int | float) else inf


def _head(db: Unit) -> _Head:
    rows = db.all(HEAD)
    if not rows:
        return _Head(0, GENESIS, "")
    head = next((row for row in rows if row.id == 1), None)
    if head is None or type(head.position) is not int:
        return _Head(0, GENESIS, "the chain ends at no position")
    return _Head(head.position, head.hash, "the chain has more ends than one" if len(rows) > 1 else "")


def _late(db: Unit, before: datetime) -> Row:
    row = db.one(LATE, before=before)
    assert row is not None
    return row


def _page(db: Unit, after: int, until: int, size: int) -> list[Row]:
    return db.all(ROWS, after=after, until=until, page=size)
