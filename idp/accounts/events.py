"""The one event of this room that only its commands write."""

from dataclasses import dataclass

from idp.audit.events import Code, Event


@dataclass(frozen=True)
class AccountViewed(Event, shown=True):
    """An operator looked an account up; `purpose` is why. Kept five years; shown to the citizen."""

    purpose: Code
