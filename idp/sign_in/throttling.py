"""Counting tries before they are checked.

A lane is what is counted together: all browsers nobody knows that try one number, one known browser and one number, one
account's second factors. Each window of a lane takes so many wrong tries; a window that was used up is followed by one
twice as long, whoever else was right in it: who guesses beside the owner gains nothing by the owner's sign-ins.
Right tries give their place back, so they are never what fills a lane: whoever meets one filled by tries that are still
being checked waits a moment (`TriesInFlight`) instead of being refused. A try whose process died stays counted.

Beyond the windows, `most_in_a_row` tries without a right one close a lane (NIST SP 800-63B §3.2.2) until a right one on
another lane of the same person opens it (`forgive`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import and_, bindparam, case, or_, select, update
from sqlalchemy.dialects.postgresql import Insert

from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.sign_in.tables import throttles
from idp.storage import Database, Statement, Unit
from idp.storage.columns import Moment

_UNBOUNDED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rule:
    """How much a lane takes. `counter` is its name in the audit."""

    counter: str
    most: int
    window: timedelta
    longest: timedelta
    most_in_a_row: int = _UNBOUNDED

    def ends(self, now: datetime) -> dict[str, datetime]:
        """When a window that begins now would end, by how often it was doubled."""
        return {f"ends_{n}": now + min(self.window * 2**n, self.longest) for n in range(_LENGTHS)}


@dataclass(frozen=True, slots=True)
class Lane:
    """What is counted, and by which rule."""

    rule: Rule
    key: bytes

    @classmethod
    def of(cls, rule: Rule, keyring: Keyring, value: str) -> Self:
        """The lane of a value, which cannot be read from it."""
        return cls(rule, keyring.index(f"throttle_{rule.counter}", value).digest)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A counted try that was let through; how it ended is told with it, once."""

    key: bytes
    began_at: datetime


class TooManyTries(Refusal):
    """As many tries failed as one window of a lane takes.

    Operator: the audit's event `throttled` names the counter. Many for one person are guessing at that person; many
    with the counter `address` are guessing at everybody from there, or a network that belongs into
    IDP_UNLIMITED_ADDRESSES.
    """

    code = "too_many_tries"
    kind = Kind.TOO_MANY


class TriesInFlight(TooManyTries):
    """The lane is full of tries that are still being checked: wait a moment and ask again."""


class TooManyInARow(Refusal):
    """So many tries failed in a row that a lane stays closed until the person signs in on a browser they used before.

    Operator: somebody has been guessing at this person for days. Whoever has no such browser is helped in person.
    """

    code = "too_many_in_a_row"
    kind = Kind.TOO_MANY


# Fifteen minutes doubled seven times are over a day.
_LENGTHS: Final = 8
_NOW = bindparam("now", type_=Moment())
_OVER = throttles.c.ends_at <= _NOW
_DOUBLINGS = case(
    (throttles.c.failed < bindparam("most"), 0),
    (throttles.c.doublings < _LENGTHS - 1, throttles.c.doublings + 1),
    else_=throttles.c.doublings,
)
_ENDS = case({n: bindparam(f"ends_{n}", type_=Moment()) for n in range(_LENGTHS)}, value=_DOUBLINGS)

# One statement counts and decides; no row back means refused. The construct compiles for both engines.
_ADMIT: Final = Statement(
    Insert(throttles)
    .on_conflict_do_update(
        index_elements=["key"],
        set_={
            "tried": case((_OVER, 1), else_=throttles.c.tried + 1),
            "failed": case((_OVER, 0), else_=throttles.c.failed),
            "in_a_row": throttles.c.in_a_row + 1,
            "doublings": case((_OVER, _DOUBLINGS), else_=throttles.c.doublings),
            "began_at": case((_OVER, _NOW), else_=throttles.c.began_at),
            "ends_at": case((_OVER, _ENDS), else_=throttles.c.ends_at),
        },
        where=and_(
            throttles.c.in_a_row < bindparam("most_in_a_row"), or_(_OVER, throttles.c.tried < bindparam("most"))
        ),
    )
    .returning(throttles.c.began_at)
)

_LOOK: Final = Statement(
    select(throttles.c.tried, throttles.c.failed, throttles.c.in_a_row, throttles.c.ends_at).where(
        throttles.c.key == bindparam("key_")
    )
)

_THIS_WINDOW = throttles.c.began_at == bindparam("window", type_=Moment())

_FAILED: Final = Statement(
    update(throttles).where(throttles.c.key == bindparam("key_"), _THIS_WINDOW).values(failed=throttles.c.failed + 1)
)

_SUCCEEDED: Final = Statement(
    update(throttles)
    .where(throttles.c.key == bindparam("key_"))
    .values(tried=case((_THIS_WINDOW, throttles.c.tried - 1), else_=throttles.c.tried), in_a_row=0)
)

_GIVE_BACK: Final = Statement(
    update(throttles)
    .where(throttles.c.key == bindparam("key_"), _THIS_WINDOW)
    .values(
        tried=throttles.c.tried - 1,
        in_a_row=case((throttles.c.in_a_row > 0, throttles.c.in_a_row - 1), else_=0),
    )
)

_FORGIVE: Final = Statement(update(throttles).where(throttles.c.key == bindparam("key_")).values(in_a_row=0))


def admit(db: Unit, lane: Lane, *, now: datetime) -> Ticket:
    """Count a try that is about to be checked; raises `TooManyTries`, `TriesInFlight` or `TooManyInARow`."""
    began_at = _count(db, lane, now=now)
    if began_at is None:
        raise _why(db, lane, now=now)
    return Ticket(lane.key, began_at)


async def admit_at_once(database: Database, lane: Lane, *, now: datetime) -> Ticket | None:
    """The same in a transaction of its own. None where a try is refused: `admit` in a unit says why."""
    row = await database.once(_ADMIT, **_one_more(lane, now=now))
    return Ticket(lane.key, row.began_at) if row else None


def failed(db: Unit, ticket: Ticket) -> None:
    """The try was wrong: it keeps its place."""
    db.write(_FAILED, key_=ticket.key, window=ticket.began_at)


def succeeded(db: Unit, ticket: Ticket) -> None:
    """The try was right: it gives its place back and ends the row of wrong ones."""
    db.write(_SUCCEEDED, key_=ticket.key, window=ticket.began_at)


def give_back(db: Unit, ticket: Ticket) -> None:
    """The try was not checked after all."""
    db.write(_GIVE_BACK, key_=ticket.key, window=ticket.began_at)


def forgive(db: Unit, lane: Lane) -> None:
    """The person showed on another lane who they are: the row of wrong tries here was not theirs."""
    db.write(_FORGIVE, key_=lane.key)


def take(db: Unit, lane: Lane, *, now: datetime) -> None:
    """Count what is never given back; raises `TooManyTries` when the lane takes no more."""
    if _count(db, lane, now=now) is None:
        refuse_when_full(db, lane, now=now)


def refuse_when_full(db: Unit, lane: Lane, *, now: datetime) -> None:
    """Raise `TooManyTries` when `take` would."""
    row = db.one(_LOOK, key_=lane.key)
    if row is not None and row.ends_at > now and row.tried >= lane.rule.most:
        raise TooManyTries(lane.rule.counter, retry_after=row.ends_at - now)


def count_wrong(db: Unit, lane: Lane, *, now: datetime) -> None:
    """Count a wrong try in a lane that holds no places for tries on their way. A full one stays full."""
    _count(db, lane, now=now)


def _count(db: Unit, lane: Lane, *, now: datetime) -> datetime | None:
    row = db.one(_ADMIT, **_one_more(lane, now=now))
    return row.began_at if row else None


def _one_more(lane: Lane, *, now: datetime) -> dict[str, Any]:
    rule = lane.rule
    ends = rule.ends(now)
    first = {"tried": 1, "failed": 0, "in_a_row": 1, "doublings": 0, "began_at": now, "ends_at": ends["ends_0"]}
    return {"key": lane.key, "now": now, "most": rule.most, "most_in_a_row": rule.most_in_a_row, **first, **ends}


def _why(db: Unit, lane: Lane, *, now: datetime) -> Refusal:
    row = db.one(_LOOK, key_=lane.key)
    assert row is not None
    counter, wait = lane.rule.counter, row.ends_at - now
    is_over = row.ends_at <= now
    if row.in_a_row >= lane.rule.most_in_a_row and (is_over or row.tried == row.failed):
        return TooManyInARow(counter)
    if row.failed >= lane.rule.most:
        return TooManyTries(counter, retry_after=wait)
    return TriesInFlight(counter, retry_after=wait)
