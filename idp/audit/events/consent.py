"""What a person agreed that a portal may know."""

from dataclasses import dataclass

from idp.audit.events.event import Codes, Event


@dataclass(frozen=True)
class ConsentGiven(Event, shown=True):
    """A person agreed that a portal gets these scopes, and calls these APIs. Kept five years; shown to the citizen."""

    scopes: Codes
    apis: Codes


@dataclass(frozen=True)
class ConsentDenied(Event, shown=True):
    """A person was asked for these scopes and APIs and said no. Kept five years; shown to the citizen."""

    scopes: Codes
    apis: Codes


@dataclass(frozen=True)
class ConsentWithdrawn(Event, shown=True):
    """A person took an agreement back. Kept five years; shown to the citizen."""
