"""Relying parties."""

from dataclasses import dataclass

from idp.audit.events.event import Code, Codes, Event, Kept


@dataclass(frozen=True)
class PortalAdded(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal was registered. Kept permanently; not shown to the citizen."""

    profile: Code


@dataclass(frozen=True)
class PortalChanged(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal's registration was changed; `changed` names the members. Kept permanently; not shown to the citizen."""

    changed: Codes


@dataclass(frozen=True)
class PortalAuthenticationRefused(Event, shown=False):
    """Somebody who says it is a portal could not prove it. Kept five years; not shown to the citizen."""

    method: Code
    reason: Code
