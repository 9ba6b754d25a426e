"""Beginning a mass act with four eyes: proposed by one, approved by another, or begun at once by breaking the glass."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from idp import approvals
from idp.approvals import Submitted, Way
from idp.errors import Kind, Refusal
from idp.interventions.mass.jobs import Job, JobState, MassJobUnfit, begin, hold, note_proposal
from idp.storage import Unit


class MassActProposed(Refusal):
    """A mass act waits for a second person already.

    Operator: another member of staff decides at `/admin/approvals`; what cannot wait is begun with `--break-glass`.
    """

    code = "mass_act_proposed"
    kind = Kind.CONFLICT


def ask_to_begin(
    db: Unit, job_id: UUID, *, actor: str, why: str, glass: str | None = None, now: datetime
) -> Submitted[None]:
    """Propose it where four eyes hold, else begin it; with `glass`, why it cannot wait, begin it and await a review.

    Raises `MassJobUnknown`, `MassJobUnfit`, `MassActProposed`, and `ProposalWithoutReason`.
    """
    job = hold(db, job_id)
    if job.state is not JobState.PREPARED:
        raise MassJobUnfit(job.state)
    carry_out = partial(begin, db, job_id, actor=actor, now=now)
    waiting = _waiting(db, job, now=now)
    if waiting is not None and glass is None:
        raise MassActProposed
    if waiting is not None and glass is not None:
        approvals.break_glass_of(db, waiting, actor=actor, why=glass, now=now, then=lambda _: carry_out())
        return Submitted(Way.BROKEN_GLASS, waiting, None)
    submitted = approvals.submit(
        db, approvals.Kind.MASS, _payload(job), carry_out, actor=actor, why=why, glass=glass, now=now
    )
    if submitted.proposal_id is not None:
        note_proposal(db, job_id, submitted.proposal_id)
    return submitted


def _waiting(db: Unit, job: Job, *, now: datetime) -> UUID | None:
    """The proposal to begin it that somebody may still decide."""
    proposal = approvals.find(db, job.proposal_id) if job.proposal_id else None
    return proposal.id if proposal is not None and proposal.is_open(now) else None


def _payload(job: Job) -> dict[str, Any]:
    """What the second person approves. The members cannot change any more."""
    return {
        "job": str(job.id),
        "act": str(job.order.act),
        "reason": str(job.order.reason),
        "basis": job.order.basis,
        "accounts": job.members,
        "source": dict(job.source),
    }
