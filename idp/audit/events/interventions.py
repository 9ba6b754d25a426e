"""Acts of staff on accounts, and what portals were told."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, Kept, RegisteredText


@dataclass(frozen=True)
class InterventionMade(Event, shown=True, kept=Kept.PERMANENTLY):
    """Staff, or its person, suspended, revoked or restored an account, or did another act of `idp.interventions`.

    Kept permanently; shown to the citizen.
    """

    intervention_id: UUID
    act: Code
    reach: Code
    method: Code | None
    reason: Code
    basis: RegisteredText
    notice: RegisteredText
    portals: int


@dataclass(frozen=True)
class DemandMet(Event, shown=True, kept=Kept.PERMANENTLY):
    """The person did what an intervention had asked for: a new password, or a new proof of who they are.

    Kept permanently; shown to the citizen.
    """

    intervention_id: UUID


@dataclass(frozen=True)
class SuspensionEnded(Event, shown=True, kept=Kept.PERMANENTLY):
    """A suspension, or a method's lock, came to the end that it was given. Kept permanently; shown to the citizen."""

    intervention_id: UUID


@dataclass(frozen=True)
class SignalFailed(Event, shown=False):
    """A portal did not take what it was told, and is not told again. Kept five years; not shown to the citizen."""

    delivery_id: UUID
    reason: Code
    tries: int


@dataclass(frozen=True)
class PortalUnreachable(Event, shown=False):
    """A portal took nothing of what it was told for a while, and its contacts were told. Kept five years; not shown to
    the citizen."""

    reason: Code
    waiting: int


@dataclass(frozen=True)
class PortalGivenUp(Event, shown=False):
    """What a portal did not take in all its time was given up, and its contacts were told. Kept five years; not shown
    to the citizen."""

    reason: Code
    waiting: int


@dataclass(frozen=True)
class PortalReachableAgain(Event, shown=False):
    """A portal whose contacts were told of its outage takes what it is told again. Kept five years; not shown to the
    citizen."""

    waiting: int
