"""Acts on many accounts at once. What is done to each account is written with that account (`InterventionMade`)."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Event, Kept, RegisteredText


@dataclass(frozen=True)
class MassActPrepared(Event, shown=False, kept=Kept.PERMANENTLY):
    """Staff named many accounts for one act; nothing was done to them yet. Kept permanently; not shown to the citizen.

    `undoes` is the job whose acts it takes back.
    """

    job_id: UUID
    act: Code
    reason: Code
    basis: RegisteredText
    accounts: int
    undoes: UUID | None = None


@dataclass(frozen=True)
class MassActBegun(Event, shown=False, kept=Kept.PERMANENTLY):
    """A prepared mass act may be carried out from now on. Kept permanently; not shown to the citizen."""

    job_id: UUID
    accounts: int


@dataclass(frozen=True)
class MassActPaused(Event, shown=False):
    """Staff stopped a mass act for a while. Kept five years; not shown to the citizen."""

    job_id: UUID


@dataclass(frozen=True)
class MassActResumed(Event, shown=False):
    """Staff let a paused mass act go on. Kept five years; not shown to the citizen."""

    job_id: UUID


@dataclass(frozen=True)
class MassActCancelled(Event, shown=False, kept=Kept.PERMANENTLY):
    """Staff ended a mass act before its end; what was done stays done. Kept permanently; not shown to the citizen."""

    job_id: UUID
    state: Code


@dataclass(frozen=True)
class MassActFinished(Event, shown=False, kept=Kept.PERMANENTLY):
    """Every account of a mass act has had its turn. Kept permanently; not shown to the citizen.

    `unfit` were in a state from which it could not be done, `changed` were changed by another act since, `failed` broke
    and were left as they were.
    """

    job_id: UUID
    done: int
    unfit: int
    changed: int
    failed: int
