"""Who may hand a notice to a gateway, and how that ended.

A claim commits before the gateway is called. Whatever dies after it, the notice is never claimed again: only a lane
that knows for certain that the gateway did not take the message puts it back.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from idp.audit import record
from idp.audit.events import NoticeFailed
from idp.notices.tables import notices
from idp.storage import Statement, Unit

MOST_COUNTED: Final = 100

_DUE = (
    select(notices.c.id)
    .where(
        notices.c.claimed_at.is_(None),
        notices.c.due_at <= bindparam("now"),
        notices.c.channel == bindparam("channel_"),
    )
    .order_by(notices.c.due_at)
)
_HOW_MANY: Final = Statement(select(func.count().label("due")).select_from(_DUE.limit(MOST_COUNTED).subquery()))
# A common table expression runs once, so one row is claimed. SQLite has one writer and needs no lock.
_NEXT = _DUE.limit(1).with_for_update(skip_locked=True).cte("next")
_CLAIM: Final = Statement(
    update(notices)
    .where(notices.c.id.in_(select(_NEXT.c.id)))
    .values(claimed_at=bindparam("now"), tries=notices.c.tries + 1)
    .returning(notices.c.id, notices.c.content, notices.c.tries, notices.c.expires_at)
)
_SETTLE: Final = Statement(
    update(notices).where(notices.c.id == bindparam("id_")).values(outcome=bindparam("how"), content=None)
)
# A notice that a newer one replaced while the gateway was asked stays withdrawn.
_PUT_BACK: Final = Statement(
    update(notices)
    .where(notices.c.id == bindparam("id_"), notices.c.outcome.is_(None))
    .values(claimed_at=None, due_at=bindparam("again_at"))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that one lane, and nobody else, may hand to a gateway. `tries` counts this one too."""

    id: UUID
    content: bytes = field(repr=False)
    tries: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The gateway took it, or it was a decoy."""

    id: UUID


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It is not tried again: `failed` or `expired`."""

    id: UUID
    outcome: str
    tries: int
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class PutBack:
    """The gateway did not take it; it waits until `again_at`."""

    id: UUID
    again_at: datetime


Settlement = Sent | GivenUp | PutBack


def how_many_due(db: Unit, channel: str, *, now: datetime) -> int:
    """How many notices are due, counted up to `MOST_COUNTED`."""
    row = db.one(_HOW_MANY, channel_=channel, now=now)
    assert row is not None
    due: int = row.due
    return due


def claim(db: Unit, channel: str, *, now: datetime) -> Claim | None:
    """Take the notice that has been due longest, if any; of several workers one gets it."""
    row = db.one(_CLAIM, channel_=channel, now=now)
    return Claim(*row) if row else None


def settle(db: Unit, settlement: Settlement, *, now: datetime) -> None:
    """Write down how an attempt ended. What was in the message is forgotten, unless it is put back."""
    match settlement:
        case Sent():
            db.execute(_SETTLE, id_=settlement.id, how="sent")
        case GivenUp():
            db.execute(_SETTLE, id_=settlement.id, how=settlement.outcome)
            failed = NoticeFailed(settlement.id, attempts=settlement.tries)
            record(db, failed, now=now, account_id=settlement.account_id)
        case PutBack():
            db.execute(_PUT_BACK, id_=settlement.id, again_at=settlement.again_at)


def settle_and_claim(db: Unit, settlement: Settlement, channel: str, *, now: datetime) -> Claim | None:
    """The one transaction between two messages."""
    settle(db, settlement, now=now)
    return claim(db, channel, now=now)
