"""What staff looked up about people, and what of it they were shown."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, RegisteredText


@dataclass(frozen=True)
class AccountLookedUp(Event, shown=True):
    """Staff found an account; `by` is the kind of thing they typed. Kept five years; shown to the citizen."""

    look_up_id: UUID
    role: Code
    purpose: Code
    case: RegisteredText
    by: Code


@dataclass(frozen=True)
class LookUpMissed(Event, shown=False):
    """Staff looked for what nobody has, or somebody out of their reach, and were told the same of both.

    It concerns whoever was out of reach. Kept five years; not shown to the citizen.
    """

    look_up_id: UUID
    role: Code
    purpose: Code
    case: RegisteredText
    by: Code


@dataclass(frozen=True)
class AccountOpened(Event, shown=True):
    """Staff followed a look-up to the account's page, once for each. Kept five years; shown to the citizen."""

    look_up_id: UUID
    role: Code
    purpose: Code


@dataclass(frozen=True)
class PersonUncovered(Event, shown=True):
    """Staff had name, number and phone shown unmasked, once for each look-up. Kept five years; shown to the citizen."""

    look_up_id: UUID
    role: Code
    purpose: Code


@dataclass(frozen=True)
class ActSeen(Event, shown=True):
    """Staff read an act that they had not done, or which portals were told of it; once in a quarter of an hour.

    Kept five years; shown to the citizen.
    """

    intervention_id: UUID
    role: Code


@dataclass(frozen=True)
class PersonSignedOut(Event, shown=True):
    """Staff ended every session of an account, and did nothing else to it. Kept five years; shown to the citizen."""

    look_up_id: UUID
    role: Code
    purpose: Code
    sessions: int


@dataclass(frozen=True)
class LookedUpInBulk(Event, shown=False):
    """One of the staff looked up so many people in an hour that somebody must ask why.

    Kept five years; not shown to the citizen.
    """

    count: int
