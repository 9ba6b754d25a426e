"""What there is: proposals that wait, acts that await their review, and what was decided lately."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select

from idp.approvals.proposal import Proposal, State
from idp.approvals.tables import proposals
from idp.storage import Statement, Unit

SHOWN_FOR: Final = timedelta(days=30)

_MOST: Final = 500

_ONE: Final = Statement(select(proposals).where(proposals.c.id == bindparam("id_")))
_LISTED: Final = Statement(
    select(proposals)
    .where(
        or_(
            proposals.c.proposed_at > bindparam("since"),
            and_(proposals.c.state == State.BROKEN_GLASS, proposals.c.reviewed_at.is_(None)),
        )
    )
    .order_by(proposals.c.proposed_at.desc())
    .limit(_MOST)
)


def find(db: Unit, proposal_id: UUID) -> Proposal | None:
    """The proposal with this id."""
    row = db.one(_ONE, id_=proposal_id)
    return Proposal.of(row) if row else None


def listed(db: Unit, *, now: datetime) -> list[Proposal]:
    """Those of the last thirty days, and every one that awaits its review; newest first."""
    return [Proposal.of(row) for row in db.all(_LISTED, since=now - SHOWN_FOR)]
