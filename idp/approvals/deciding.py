"""Approving and refusing: one statement decides, so of two who approve at once exactly one carries it out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NoReturn
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.approvals.proposal import Kind as ProposalKind
from idp.approvals.proposal import Proposal, State
from idp.approvals.proposing import said
from idp.approvals.tables import proposals
from idp.audit import record
from idp.audit.events import ApprovalRefused, ProposalApproved, ProposalRefused
from idp.errors import Kind, Refusal
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among

Then = Callable[[Proposal], object]
"""What carries a proposal out, in the deciding transaction."""

_ONE: Final = Statement(select(proposals).where(proposals.c.id == bindparam("id_")))
_APPROVE: Final = Statement(
    update(proposals)
    .where(
        proposals.c.id == bindparam("id_"),
        proposals.c.state == State.OPEN,
        proposals.c.expires_at > bindparam("now"),
        proposals.c.proposed_by != bindparam("actor"),
    )
    .values(state=State.APPROVED, decided_by=bindparam("actor"), decided_at=bindparam("now"))
    .returning(*proposals.c)
)
_REFUSE: Final = Statement(
    update(proposals)
    .where(
        proposals.c.id == bindparam("id_"), proposals.c.state == State.OPEN, proposals.c.expires_at > bindparam("now")
    )
    .values(
        state=State.REFUSED, decided_by=bindparam("actor"), decided_at=bindparam("now"), decision_note=bindparam("note")
    )
    .returning(proposals.c.kind)
)
_WITHDRAW: Final = Statement(
    update(proposals)
    .where(
        proposals.c.proposed_by == bindparam("proposer"),
        among(proposals.c.kind, "kinds"),
        proposals.c.state == State.OPEN,
        proposals.c.expires_at > bindparam("now"),
    )
    .values(
        state=State.REFUSED, decided_by=bindparam("actor"), decided_at=bindparam("now"), decision_note=bindparam("note")
    )
    .returning(proposals.c.id, proposals.c.kind)
)


class ApprovalByProposer(Refusal):
    """Somebody wanted to approve what they proposed themselves.

    Operator: four eyes are two persons; the proposer can only withdraw it, or break the glass.
    """

    code = "approval_by_proposer"
    kind = Kind.NOT_ALLOWED


class ProposalClosed(Refusal):
    """Nothing can be decided about a proposal any more; its subclasses say why."""

    kind = Kind.CONFLICT


class ProposalUnknown(ProposalClosed):
    """There is no proposal with this id.

    Operator: a wrong id or an old link; `/admin/approvals` lists those there are.
    """

    code = "proposal_unknown"
    kind = Kind.NOT_FOUND


class ProposalExpired(ProposalClosed):
    """Nobody decided within 24 hours.

    Operator: who still wants it proposes it again.
    """

    code = "proposal_expired"
    kind = Kind.EXPIRED


class ProposalDecided(ProposalClosed):
    """Somebody else has decided meanwhile.

    Operator: the proposal says who, and when; it is carried out once only.
    """

    code = "proposal_decided"


class DecisionRepeated(ProposalClosed):
    """The same person sent their decision again: an old form, or a second click.

    Operator: nothing to do; what was approved was carried out once.
    """

    code = "decision_repeated"


def approve(db: Unit, proposal_id: UUID, *, actor: str, now: datetime, then: Then | None = None) -> Proposal:
    """Approve it and carry it out by `then`; raises `ApprovalByProposer`, a `ProposalClosed`, or what `then` raises.

    Then nothing of it happened and it is as open as before. Every refusal is in the audit.
    """
    with refusals_recorded(db, proposal_id, actor=actor, now=now), db.savepoint():
        row = db.one(_APPROVE, id_=proposal_id, actor=actor, now=now)
        if row is None:
            why_not(db, proposal_id, actor=actor, now=now)
        proposal = Proposal.of(row)
        record(db, ProposalApproved(proposal_id=proposal_id, kind=proposal.kind), actor=actor, now=now)
        if then is not None:
            then(proposal)
    return proposal


def refuse(db: Unit, proposal_id: UUID, *, actor: str, why: str, now: datetime) -> None:
    """Decide against it; the proposer may do that too, and withdraws it so. Raises a `ProposalClosed`."""
    with refusals_recorded(db, proposal_id, actor=actor, now=now):
        row = db.one(_REFUSE, id_=proposal_id, actor=actor, note=said(why), now=now)
        if row is None:
            why_not(db, proposal_id, actor=actor, now=now)
        record(db, ProposalRefused(proposal_id=proposal_id, kind=row.kind), actor=actor, now=now)


def withdraw_all(
    db: Unit, proposer: str, kinds: Iterable[ProposalKind], *, actor: str, why: str | None, now: datetime
) -> None:
    """Close what somebody has proposed who may propose these kinds no more.

    One statement: what another person decides meanwhile is decided by them.
    """
    for row in db.all(_WITHDRAW, proposer=proposer, kinds=list(kinds), actor=actor, note=why, now=now):
        record(db, ProposalRefused(proposal_id=row.id, kind=row.kind), actor=actor, now=now)


def why_not(db: Unit, proposal_id: UUID, *, actor: str, now: datetime) -> NoReturn:
    """Raise what stands against deciding it."""
    row: Row | None = db.one(_ONE, id_=proposal_id)
    if row is None:
        raise ProposalUnknown
    if row.state != State.OPEN:
        raise DecisionRepeated if row.decided_by == actor else ProposalDecided
    if row.expires_at <= now:
        raise ProposalExpired
    raise ApprovalByProposer


@contextmanager
def refusals_recorded(db: Unit, proposal_id: UUID, *, actor: str, now: datetime) -> Iterator[None]:
    """Around deciding: what is refused is in the audit, and goes on out."""
    try:
        yield
    except Refusal as refusal:
        record(db, ApprovalRefused(proposal_id=proposal_id, reason=refusal.code), actor=actor, now=now)
        raise
