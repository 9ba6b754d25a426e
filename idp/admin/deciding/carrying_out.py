"""What becomes of an approved proposal, by its kind: done in the transaction of the approval, or not at all."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from idp import approvals
from idp.admin import staff
from idp.admin.acting import still_may
from idp.admin.operating import portal_changes
from idp.admin.roles import PROPOSED_WITH, Permission
from idp.admin.staff import Staff
from idp.admin.staff_changes import Addition
from idp.approvals import Kind, Proposal
from idp.interventions.mass import jobs as mass_jobs
from idp.keys.proposing import Rotation
from idp.parts import Parts
from idp.pki.operator_keys import from_texts
from idp.pki.trust_proposing import Version
from idp.storage import Unit

Work = Callable[[Unit], object]


async def prepared(parts: Parts, proposal: Proposal, *, actor: str, now: datetime) -> Work:
    """What carries it out. What takes long for that (making keys) is done here, before the unit."""
    payload = proposal.payload
    match proposal.kind:
        case Kind.MASS:
            return lambda db: mass_jobs.begin(db, UUID(payload["job"]), actor=actor, now=now)
        case Kind.KEY_ROTATION:
            wanted = Rotation.of(payload)
            fresh = await asyncio.to_thread(wanted.make)
            return lambda db: wanted.carry_out(db, parts.keyring, fresh, actor=actor, now=now)
        case Kind.TRUST_LIST:
            version, keys = Version.of(payload), from_texts(parts.settings.trust_keys)
            return lambda db: version.carry_out(db, keys, actor=actor, now=now)
        case Kind.STAFF_ADDED:
            return lambda db: Addition.of(payload).carry_out(db, actor=actor, why=proposal.why, now=now)
        case Kind.STAFF_REMOVED:
            return lambda db: staff.remove(db, UUID(payload["staff"]), actor=actor, why=proposal.why, now=now)
        case Kind.PORTAL_CHANGED:
            return lambda db: portal_changes.carry_out(db, payload, actor=actor, now=now)


def approve(db: Unit, proposal_id: UUID, work: Work, *, member: Staff, now: datetime) -> Proposal:
    """Approve it and carry it out; raises what `approvals.approve` and the work do, and `NotPermitted`."""
    actor = still_may(db, member, Permission.APPROVE, now=now)
    return approvals.approve(db, proposal_id, actor=actor, now=now, then=lambda _: work(db))


def break_glass(db: Unit, proposal_id: UUID, work: Work, *, member: Staff, why: str, now: datetime) -> Proposal:
    """Carry it out without another person; raises as `approve` does, and `ProposalWithoutReason`."""
    actor = still_may(db, member, Permission.APPROVE, now=now)
    return approvals.break_glass_of(db, proposal_id, actor=actor, why=why, now=now, then=lambda _: work(db))


def refuse(db: Unit, proposal: Proposal, *, member: Staff, why: str, now: datetime) -> None:
    """Decide against it, or withdraw one's own; raises what `approvals.refuse` does, and `NotPermitted`."""
    is_own = proposal.proposed_by == member.actor
    actor = still_may(db, member, PROPOSED_WITH[proposal.kind] if is_own else Permission.APPROVE, now=now)
    approvals.refuse(db, proposal.id, actor=actor, why=why, now=now)
