"""What became of an act at each portal: the receipts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.signals.tables import deliveries
from idp.storage import Statement, Unit

State = Literal["queued", "sent", "acknowledged", "failed"]

_OF_ACT: Final = Statement(
    select(deliveries).where(deliveries.c.act_id == bindparam("act")).order_by(deliveries.c.queued_at, deliveries.c.id)
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
