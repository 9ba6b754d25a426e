"""What became of an act at each portal: the receipts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, case, func, select

from idp.signals.tables import deliveries
from idp.storage import Statement, Unit
from idp.storage.lists import among

State = Literal["queued", "sent", "acknowledged", "failed"]

_OF_ACT: Final = Statement(
    select(deliveries).where(deliveries.c.act_id == bindparam("act")).order_by(deliveries.c.queued_at, deliveries.c.id)
)
_IS_SENT = case((deliveries.c.tries > 0, 1), else_=0)
_OF_ACTS: Final = Statement(
    select(
        deliveries.c.portal_id,
        deliveries.c.outcome,
        _IS_SENT.label("is_sent"),
        func.count().label("number"),
        func.max(deliveries.c.settled_at).label("last_at"),
    )
    .where(among(deliveries.c.act_id, "acts"))
    .group_by(deliveries.c.portal_id, deliveries.c.outcome, _IS_SENT)
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that one portal was told. `seconds` is how long it took from the act until the portal had taken it.

    `sent` means that a request went out and was not answered well so far; `reason` says how the last try failed.
    """

    id: UUID
    portal_id: UUID
    state: State
    tries: int
    seconds: float | None
    reason: str | None
    queued_at: datetime
    settled_at: datetime | None
    # When the last request went out.
    sent_at: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What became at one portal of all that several acts told it. `settled_at` is the last end of any."""

    portal_id: UUID
    queued: int = 0
    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    settled_at: datetime | None = None


def receipts(db: Unit, act_id: UUID) -> list[Receipt]:
    """In the order they were queued."""
    return [
        Receipt(
            id=row.id,
            portal_id=row.portal_id,
            state=row.outcome or ("sent" if row.tries else "queued"),
            tries=row.tries,
            seconds=(row.settled_at - row.queued_at).total_seconds() if row.outcome == "acknowledged" else None,
            reason=row.reason,
            queued_at=row.queued_at,
            settled_at=row.settled_at,
            sent_at=row.sent_at,
        )
        for row in db.all(_OF_ACT, act=act_id)
    ]


def tallies(db: Unit, acts: Collection[UUID]) -> list[Tally]:
    """Of each portal that these acts tell, counted by the database: for acts on many accounts at once."""
    found: dict[UUID, Tally] = {}
    for row in db.all(_OF_ACTS, acts=list(acts)):
        tally = found.setdefault(row.portal_id, Tally(row.portal_id))
        state = row.outcome or ("sent" if row.is_sent else "queued")
        setattr(tally, state, getattr(tally, state) + row.number)
        if row.last_at is not None:
            tally.settled_at = max(tally.settled_at or row.last_at, row.last_at)
    return [found[portal_id] for portal_id in sorted(found)]
