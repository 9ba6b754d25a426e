"""Who may send a delivery, and how that ended.

A claim commits before the portal is called and holds for a while. Whatever dies after it, another takes the delivery up
again: a portal may hear one twice, with one `jti`, and is never not told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from idp.audit import record
from idp.audit.events import SignalFailed
from idp.signals.tables import deliveries
from idp.storage import Statement, Unit

HELD: Final = timedelta(seconds=30)
"""How long whoever sends one has it. A call takes a few seconds at most."""

Outcome = Literal["acknowledged", "failed"]

_IS_DUE = (
    deliveries.c.settled_at.is_(None),
    deliveries.c.due_at <= bindparam("now"),
    or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= bindparam("now")),
)
_PORTALS: Final = Statement(select(deliveries.c.portal_id).where(*_IS_DUE).distinct())

# A common table expression runs once, so one row is claimed. SQLite has one writer and needs no lock.
_NEXT = (
    select(deliveries.c.id)
    .where(deliveries.c.portal_id == bindparam("portal"), *_IS_DUE)
    .order_by(deliveries.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("next")
)
_CLAIM: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id.in_(select(_NEXT.c.id)))
    .values(claimed_until=bindparam("until"), sent_at=bindparam("now"), tries=deliveries.c.tries + 1)
    .returning(
        deliveries.c.id,
        deliveries.c.account_id,
        deliveries.c.sub,
        deliveries.c.sid,
        deliveries.c.tries,
        deliveries.c.queued_at,
    )
)

# Nobody else settles what was taken meanwhile, by whoever took it up again.
_UNSETTLED = (deliveries.c.id == bindparam("id_"), deliveries.c.settled_at.is_(None))
_SETTLE: Final = Statement(
    update(deliveries)
    .where(*_UNSETTLED)
    .values(settled_at=bindparam("now"), outcome=bindparam("how"), reason=bindparam("why"), claimed_until=None)
)
_PUT_BACK: Final = Statement(
    update(deliveries)
    .where(*_UNSETTLED)
    .values(claimed_until=None, due_at=bindparam("again_at"), reason=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one lane, and nobody else, may send. `tries` counts this one too; `sid` None means everywhere."""

    id: UUID
    account_id: UUID
    sub: str
    sid: str | None
    tries: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """It is not sent again."""

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PutBack:
    """The portal did not take it; it waits until `again_at`."""

    again_at: datetime
    reason: str


def portals_with_due(db: Unit, *, now: datetime) -> list[UUID]:
    """The portals that something is to be sent to."""
    return [row.portal_id for row in db.all(_PORTALS, now=now)]


def claim(db: Unit, portal_id: UUID, *, now: datetime) -> Claim | None:
    """Take the portal's delivery that has been due longest, if any; of several workers one gets it."""
    row = db.one(_CLAIM, portal=portal_id, now=now, until=now + HELD)
    return Claim(*row) if row else None


def settle(db: Unit, claimed: Claim, portal_id: UUID, ending: Settled | PutBack, *, now: datetime) -> None:
    """Write down how a try ended."""
    match ending:
        case PutBack():
            db.execute(_PUT_BACK, id_=claimed.id, again_at=ending.again_at, why=ending.reason)
        case Settled():
            was_open = db.execute(_SETTLE, id_=claimed.id, now=now, how=ending.outcome, why=ending.reason) == 1
            if was_open and ending.outcome == "failed":
                event = SignalFailed(delivery_id=claimed.id, reason=ending.reason or "unknown", tries=claimed.tries)
                record(db, event, account_id=claimed.account_id, portal_id=portal_id, now=now)
