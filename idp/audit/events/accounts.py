"""Accounts: made, raised, and what they are opened with."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, Kept


@dataclass(frozen=True)
class AccountActivated(Event, shown=True, kept=Kept.PERMANENTLY):
    """A person of the register opened an account; `proof` is how they showed who they are.

    Kept permanently; shown to the citizen.
    """

    level: int
    proof: Code


@dataclass(frozen=True)
class ActivationRefused(Event, shown=True):
    """An activation was begun and refused. Kept five years; shown to the citizen."""

    reason: Code


@dataclass(frozen=True)
class ActivationCodeIssued(Event, shown=True):
    """An activation code was printed for a person at a counter. Kept five years; shown to the citizen."""

    code_id: UUID


@dataclass(frozen=True)
class AccountViewed(Event, shown=True):
    """Staff looked at an account's state. Kept five years; shown to the citizen."""

    shown_in: Code


@dataclass(frozen=True)
class AccountLevelRaised(Event, shown=True, kept=Kept.PERMANENTLY):
    """Staff proved the person's identity anew and raised the account. Kept permanently; shown to the citizen."""

    from_level: int
    to_level: int
    reason: Code


@dataclass(frozen=True)
class PasswordChanged(Event, shown=True):
    """The password was set: `occasion` is activation, change or recovery. Kept five years; shown to the citizen."""

    occasion: Code


@dataclass(frozen=True)
class SecondFactorEnrolled(Event, shown=True):
    """A second factor was added. Kept five years; shown to the citizen."""

    method: Code
    factor_id: UUID


@dataclass(frozen=True)
class SecondFactorRemoved(Event, shown=True):
    """A second factor was taken away. Kept five years; shown to the citizen."""

    method: Code
    factor_id: UUID


@dataclass(frozen=True)
class RecoveryCodesMade(Event, shown=True):
    """A new set of recovery codes was shown; the old set died. Kept five years; shown to the citizen."""

    count: int


@dataclass(frozen=True)
class RecoveryCodeUsed(Event, shown=True):
    """A recovery code stood in for the second factor. Kept five years; shown to the citizen."""

    left: int
