"""Who is staff, how they come in, and what one proposes and another decides."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Codes, Event, Kept


@dataclass(frozen=True)
class StaffAdded(Event, shown=False, kept=Kept.PERMANENTLY):
    """Somebody, or a program, became staff, or got another role. Kept permanently; not shown to the citizen."""

    staff_id: UUID
    role: Code
    province: Code | None


@dataclass(frozen=True)
class StaffRemoved(Event, shown=False, kept=Kept.PERMANENTLY):
    """Somebody, or a program, is staff no more. Kept permanently; not shown to the citizen."""

    staff_id: UUID


@dataclass(frozen=True)
class StaffSignedIn(Event, shown=True):
    """A member of staff opened the console. Kept five years; shown to the citizen."""

    staff_id: UUID
    session_id: UUID
    methods: Codes


@dataclass(frozen=True)
class StaffSignedOut(Event, shown=True):
    """A member of staff left the console. Kept five years; shown to the citizen."""

    staff_id: UUID
    session_id: UUID


@dataclass(frozen=True)
class StaffTurnedAway(Event, shown=True):
    """Somebody who was signed in was not let into the console. Kept five years; shown to the citizen."""

    reason: Code


@dataclass(frozen=True)
class StaffNotPermitted(Event, shown=False):
    """A member of staff asked for what the role may not do. Kept five years; not shown to the citizen."""

    staff_id: UUID
    permission: Code


@dataclass(frozen=True)
class ProposalMade(Event, shown=False, kept=Kept.PERMANENTLY):
    """Something that needs four eyes was proposed. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code


@dataclass(frozen=True)
class ProposalApproved(Event, shown=False, kept=Kept.PERMANENTLY):
    """Another person approved a proposal, and it was carried out. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code


@dataclass(frozen=True)
class ProposalRefused(Event, shown=False, kept=Kept.PERMANENTLY):
    """A proposal was refused, or withdrawn by its proposer. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code


@dataclass(frozen=True)
class ApprovalRefused(Event, shown=False, kept=Kept.PERMANENTLY):
    """Somebody could not decide or review: theirs, decided, or too old. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    reason: Code


@dataclass(frozen=True)
class GlassBroken(Event, shown=False, kept=Kept.PERMANENTLY):
    """What needs four eyes was done at once by one person. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code


@dataclass(frozen=True)
class BrokenGlassReviewed(Event, shown=False, kept=Kept.PERMANENTLY):
    """Another person looked at what was done at once. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code


@dataclass(frozen=True)
class DoneAlone(Event, shown=False, kept=Kept.PERMANENTLY):
    """One acted alone, as there are no two who may approve. Kept permanently; not shown to the citizen."""

    proposal_id: UUID
    kind: Code
