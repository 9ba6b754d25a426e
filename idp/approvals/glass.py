"""Breaking the glass: what cannot wait for another person is done at once, and another person reviews it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.approvals.deciding import ProposalUnknown, Then, refusals_recorded, why_not
from idp.approvals.proposal import Kind, Proposal, State
from idp.approvals.proposing import put_down, said
from idp.approvals.tables import proposals
from idp.audit import record
from idp.audit.events import BrokenGlassReviewed, DoneAlone, GlassBroken
from idp.errors import Kind as RefusalKind
from idp.errors import Refusal
from idp.storage import Statement, Unit

_BREAK: Final = Statement(
    update(proposals)
    .where(
        proposals.c.id == bindparam("id_"), proposals.c.state == State.OPEN, proposals.c.expires_at > bindparam("now")
    )
    .values(
        state=State.BROKEN_GLASS,
        decided_by=bindparam("actor"),
        decided_at=bindparam("now"),
        decision_note=bindparam("note"),
    )
    .returning(*proposals.c)
)
_REVIEW: Final = Statement(
    update(proposals)
    .where(
        proposals.c.id == bindparam("id_"),
        proposals.c.state == State.BROKEN_GLASS,
        proposals.c.reviewed_at.is_(None),
        proposals.c.decided_by != bindparam("actor"),
    )
    .values(reviewed_by=bindparam("actor"), reviewed_at=bindparam("now"), review_note=bindparam("note"))
    .returning(proposals.c.kind)
)
_STATE: Final = Statement(select(proposals.c.state, proposals.c.reviewed_at).where(proposals.c.id == bindparam("id_")))


class ReviewByActor(Refusal):
    """Somebody wanted to review what they did themselves by breaking the glass.

    Operator: another person who may review does it; it stays on their first page until then.
    """

    code = "review_by_actor"
    kind = RefusalKind.NOT_ALLOWED


class ReviewDone(Refusal):
    """There is nothing to review: somebody has done it, or the glass was not broken.

    Operator: `/admin/approvals` says who reviewed it, and when.
    """

    code = "review_done"
    kind = RefusalKind.CONFLICT


def break_glass(
    db: Unit, kind: Kind, payload: Mapping[str, Any], *, actor: str, why: str, now: datetime, form: UUID | None = None
) -> UUID:
    """Write down that this is done at once, by whoever calls, in the same transaction; it awaits a review from now on.

    `form` is as in `propose`. Raises `ProposalRepeated` and `ProposalWithoutReason`.
    """
    proposal_id = _done_at_once(db, kind, payload, State.BROKEN_GLASS, actor=actor, why=why, form=form, now=now)
    record(db, GlassBroken(proposal_id=proposal_id, kind=kind), actor=actor, now=now)
    return proposal_id


def act_alone(
    db: Unit, kind: Kind, payload: Mapping[str, Any], *, actor: str, why: str, now: datetime, form: UUID | None = None
) -> None:
    """Write down that this is done at once as nobody else could decide it; the rest as in `break_glass`."""
    proposal_id = _done_at_once(db, kind, payload, State.ALONE, actor=actor, why=why, form=form, now=now)
    record(db, DoneAlone(proposal_id=proposal_id, kind=kind), actor=actor, now=now)


def break_glass_of(db: Unit, proposal_id: UUID, *, actor: str, why: str, now: datetime, then: Then) -> Proposal:
    """Carry out by `then` what waits for approval, at once; the proposer may do that too.

    Raises a `ProposalClosed`, `ProposalWithoutReason`, or what `then` raises: then it is as open as before.
    """
    with refusals_recorded(db, proposal_id, actor=actor, now=now), db.savepoint():
        row = db.one(_BREAK, id_=proposal_id, actor=actor, note=said(why), now=now)
        if row is None:
            why_not(db, proposal_id, actor=actor, now=now)
        proposal = Proposal.of(row)
        record(db, GlassBroken(proposal_id=proposal_id, kind=proposal.kind), actor=actor, now=now)
        then(proposal)
    return proposal


def review(db: Unit, proposal_id: UUID, *, actor: str, note: str, now: datetime) -> None:
    """Say that somebody else has looked at it, and what they think of it.

    Raises `ReviewByActor`, `ReviewDone`, `ProposalUnknown` and `ProposalWithoutReason`.
    """
    with refusals_recorded(db, proposal_id, actor=actor, now=now):
        row = db.one(_REVIEW, id_=proposal_id, actor=actor, note=said(note), now=now)
        if row is None:
            _why_no_review(db, proposal_id)
        else:
            record(db, BrokenGlassReviewed(proposal_id=proposal_id, kind=row.kind), actor=actor, now=now)


def _done_at_once(
    db: Unit,
    kind: Kind,
    payload: Mapping[str, Any],
    state: State,
    *,
    actor: str,
    why: str,
    form: UUID | None,
    now: datetime,
) -> UUID:
    decided: dict[str, Any] = {"expires_at": now, "decided_by": actor, "decided_at": now, "decision_note": said(why)}
    return put_down(db, kind, payload, state, actor=actor, why=why, form=form, now=now, **decided)


def _why_no_review(db: Unit, proposal_id: UUID) -> NoReturn:
    row = db.one(_STATE, id_=proposal_id)
    if row is None:
        raise ProposalUnknown
    awaits = row.state == State.BROKEN_GLASS and row.reviewed_at is None
    raise ReviewByActor if awaits else ReviewDone
