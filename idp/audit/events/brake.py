"""People lock their own accounts, and unlock them. That it was done is an intervention; here is how."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, Kept


@dataclass(frozen=True)
class AccountLockedByPerson(Event, shown=False, kept=Kept.PERMANENTLY):
    """A person locked their own account, signed in (`account`) or by a code to their phone (`phone`).

    The intervention itself is what the person sees. Kept permanently; not shown to the citizen.
    """

    intervention_id: UUID
    way: Code


@dataclass(frozen=True)
class AccountUnlockedByPerson(Event, shown=False, kept=Kept.PERMANENTLY):
    """A person lifted their own lock, by the proof that is named.

    The intervention itself is what the person sees. Kept permanently; not shown to the citizen.
    """

    intervention_id: UUID
    proof: Code


@dataclass(frozen=True)
class LockRefused(Event, shown=True):
    """Whoever has the phone could not lock the account, and read why. Kept five years; shown to the citizen."""

    reason: Code
