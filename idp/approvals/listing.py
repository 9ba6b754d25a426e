"""What there is: proposals that wait, acts that await their review, and what was decided lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select

from idp.approvals.proposal import Proposal, State, Summary
from idp.approvals.tables import proposals
from idp.storage import Statement, Unit

SHOWN_FOR: Final = timedelta(days=30)

MOST: Final = 500
"""Of those to review, of those that are open and of those that are over: none takes the place of another."""

_SUMMARY: Final = tuple(column for column in proposals.c if column is not proposals.c.payload)
_AWAITS_REVIEW: Final = and_(proposals.c.state == State.BROKEN_GLASS, proposals.c.reviewed_at.is_(None))
_IS_OPEN: Final = and_(proposals.c.state == State.OPEN, proposals.c.expires_at > bindparam("now"))


def _some(which: ColumnElement[bool], order: ColumnElement[datetime]) -> Statement:
    return Statement(select(*_SUMMARY).where(which).order_by(order, proposals.c.id).limit(MOST))


_ONE: Final = Statement(select(proposals).where(proposals.c.id == bindparam("id_")))
_TO_REVIEW: Final = _some(_AWAITS_REVIEW, proposals.c.proposed_at.asc())
_OPEN: Final = _some(_IS_OPEN, proposals.c.proposed_at.asc())
_OVER: Final = _some(
    and_(proposals.c.proposed_at > bindparam("since"), not_(_AWAITS_REVIEW), not_(_IS_OPEN)),
    proposals.c.proposed_at.desc(),
)
_COUNTED: Final = Statement(
    select(proposals.c.state, proposals.c.proposed_by, func.count().label("how_many"))
    .where(or_(_AWAITS_REVIEW, _IS_OPEN))
    .group_by(proposals.c.state, proposals.c.proposed_by)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many are open, of others and one's own, and how many acts await a review."""

    of_others: int
    own: int
    to_review: int


def find(db: Unit, proposal_id: UUID) -> Proposal | None:
    """The proposal with this id."""
    row = db.one(_ONE, id_=proposal_id)
    return Proposal.of(row) if row else None


def listed(db: Unit, *, now: datetime) -> list[Summary]:
    """What awaits its review and what is open, oldest first; then what else the last thirty days had, newest first."""
    since = now - SHOWN_FOR
    rows = [*db.all(_TO_REVIEW), *db.all(_OPEN, now=now), *db.all(_OVER, since=since, now=now)]
    return [Summary.of(row) for row in rows]


def waiting(db: Unit, actor: str, *, now: datetime) -> Waiting:
    """What waits, to the first page of `actor`."""
    rows = db.all(_COUNTED, now=now)
    open_ = [row for row in rows if row.state == State.OPEN]
    own = sum(row.how_many for row in open_ if row.proposed_by == actor)
    of_others = sum(row.how_many for row in open_) - own
    return Waiting(of_others, own, sum(row.how_many for row in rows) - of_others - own)
