"""Acts of staff on accounts, and what portals were told."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, Kept, RegisteredText


@dataclass(frozen=True)
class InterventionMade(Event, shown=True, kept=Kept.PERMANENTLY):
    """Staff suspended, revoked or restored an account. Kept permanently; shown to the citizen."""

    intervention_id: UUID
    act: Code
    reason: Code
    basis: RegisteredText
    portals: int


@dataclass(frozen=True)
class SuspensionEnded(Event, shown=True, kept=Kept.PERMANENTLY):
    """A suspension came to the end that it was given. Kept permanently; shown to the citizen."""

    intervention_id: UUID


@dataclass(frozen=True)
class SignalFailed(Event, shown=False):
    """A portal did not take what it was told, and is not told again. Kept five years; not shown to the citizen."""

    delivery_id: UUID
    reason: Code
    tries: int
