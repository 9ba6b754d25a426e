"""Checkpoints that are still to be sent away, and how far each sink has got."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, update

from idp.audit.tables import audit_checkpoints
from idp.storage import Row, Statement, Unit

HELD: Final = timedelta(seconds=10)
"""How long whoever sends one has it. A call takes a few seconds at most."""

AT_ONCE: Final = 50
"""Lines that are read together for the file: a megabyte."""

_FIRST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(minutes=1)

_c = audit_checkpoints.c
_OLDEST_UNSENT = select(func.min(_c.sequence)).where(_c.sent_at.is_(None)).scalar_subquery()

# Only the oldest may be claimed, so the order is kept whoever sends.
_CLAIM: Final = Statement(
    update(audit_checkpoints)
    .where(_c.sequence == _OLDEST_UNSENT, _c.due_at <= bindparam("now"))
    .values(due_at=bindparam("until"), tries=_c.tries + 1)
    .returning(_c.sequence, _c.line, _c.tries)
)
_SENT: Final = Statement(
    update(audit_checkpoints).where(_c.sequence == bindparam("sequence_")).values(sent_at=bindparam("now"))
)
_PUT_BACK: Final = Statement(
    update(audit_checkpoints).where(_c.sequence == bindparam("sequence_")).values(due_at=bindparam("again_at"))
)
_WAITS: Final = Statement(select(_c.sequence).where(_c.sequence == _OLDEST_UNSENT, _c.due_at <= bindparam("now")))
_FROM: Final = Statement(
    select(_c.sequence, _c.line).where(_c.sequence >= bindparam("first")).order_by(_c.sequence).limit(AT_ONCE + 1)
)
_WRITTEN: Final = Statement(
    update(audit_checkpoints)
    .where(_c.written_at.is_(None), _c.sequence <= bindparam("last"))
    .values(written_at=bindparam("now"))
)
_NEWEST: Final = Statement(select(_c.sequence, _c.position, _c.at).order_by(_c.sequence.desc()).limit(1))
_OLDEST: Final = {
    name: Statement(select(_c.sequence, _c.at).where(column.is_(None)).order_by(_c.sequence).limit(1))
    for name, column in (("written", _c.written_at), ("sent", _c.sent_at))
}
_NEWEST_BEFORE: Final = Statement(select(func.max(_c.sequence).label("sequence")).where(_c.at < bindparam("before")))
_MADE_AT: Final = Statement(select(_c.at).where(_c.sequence == bindparam("sequence_")))


@dataclass(frozen=True, slots=True)
class Claim:
    """The checkpoint that one process, and nobody else, may send. `tries` counts this one too."""

    sequence: int
    line: str
    tries: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one sink has got: the newest checkpoint it has, when that was made, and since when one waits for it."""

    sequence: int
    made_at: datetime | None
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest checkpoint and how far each sink has got; `made_at` is None before the first."""

    sequence: int
    position: int
    made_at: datetime | None
    written: Progress
    sent: Progress


def standing(db: Unit) -> Standing:
    """For health pages and alarms: four short reads."""
    newest = db.one(_NEWEST)
    if newest is None:
        return Standing(0, 0, None, Progress(0, None, None), Progress(0, None, None))
    written, sent = (_progress(db, name, newest) for name in ("written", "sent"))
    return Standing(newest.sequence, newest.position, newest.at, written, sent)


def _progress(db: Unit, name: str, newest: Row) -> Progress:
    """Each sink takes them in their order, so the newest it has is the one before the oldest that waits."""
    oldest = db.one(_OLDEST[name])
    if oldest is None:
        return Progress(newest.sequence, newest.at, None)
    had = db.one(_MADE_AT, sequence_=oldest.sequence - 1)
    return Progress(oldest.sequence - 1, had.at if had else None, oldest.at)


def newest_before(db: Unit, moment: datetime) -> int:
    """The last checkpoint made before a moment, 0 when there is none."""
    row = db.one(_NEWEST_BEFORE, before=moment)
    return (row.sequence if row else None) or 0


def one_waits(db: Unit, *, now: datetime) -> bool:
    """Whether there is one to send now."""
    return db.one(_WAITS, now=now) is not None


def claim(db: Unit, *, now: datetime) -> Claim | None:
    """Take the oldest that was not sent; None when there is none, or it is not due, or another process has it."""
    row = db.one(_CLAIM, now=now, until=now + HELD)
    return None if row is None else Claim(row.sequence, row.line, row.tries)


def sent(db: Unit, claimed: Claim, *, now: datetime) -> None:
    """The sink has it."""
    db.execute(_SENT, sequence_=claimed.sequence, now=now)


def put_back(db: Unit, claimed: Claim, *, now: datetime) -> None:
    """The sink has not taken it: again later, and later each time, up to a minute."""
    wait = min(_FIRST_WAIT * (1 << min(claimed.tries - 1, 10)), _LONGEST_WAIT)
    db.execute(_PUT_BACK, sequence_=claimed.sequence, again_at=now + wait)


def lines_from(db: Unit, first: int) -> list[tuple[int, bytes]]:
    """The lines from a number on, with their numbers, at most `AT_ONCE` and one."""
    return [(row.sequence, row.line.encode()) for row in db.all(_FROM, first=first)]


def written(db: Unit, last: int, *, now: datetime) -> None:
    """A file has all up to this one."""
    db.execute(_WRITTEN, last=last, now=now)
