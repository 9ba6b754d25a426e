"""Relying parties."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Codes, Event, Kept, RegisteredText


@dataclass(frozen=True)
class PortalAdded(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal was registered. Kept permanently; not shown to the citizen."""

    profile: Code


@dataclass(frozen=True)
class PortalChanged(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal's registration was changed; `changed` names the members. Kept permanently; not shown to the citizen."""

    changed: Codes


@dataclass(frozen=True)
class PortalOpened(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal that registered itself was let in: people may sign in there from now on. Kept permanently; not shown to
    the citizen."""

    why: RegisteredText


@dataclass(frozen=True)
class InitialTokenMade(Event, shown=False, kept=Kept.PERMANENTLY):
    """An agency got a token with which its portals register themselves. Kept permanently; not shown to the citizen."""

    token_id: UUID
    most_uses: int


@dataclass(frozen=True)
class InitialTokenUsed(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal registered itself with such a token; its own row says how. Kept permanently; not shown to the
    citizen."""

    token_id: UUID


@dataclass(frozen=True)
class InitialTokenEnded(Event, shown=False, kept=Kept.PERMANENTLY):
    """Such a token was ended before its time. Kept permanently; not shown to the citizen."""

    token_id: UUID


@dataclass(frozen=True)
class RegistrationTurnedAway(Event, shown=False):
    """Somebody came to register a portal, or to a portal's own registration, with a token that is not good. Kept five
    years; not shown to the citizen."""

    reason: Code


@dataclass(frozen=True)
class PortalAuthenticationRefused(Event, shown=False):
    """Somebody who says it is a portal could not prove it. Kept five years; not shown to the citizen."""

    method: Code
    reason: Code


@dataclass(frozen=True)
class PortalCallRefused(Event, shown=False):
    """Somebody called an endpoint for portals in a way that says nothing of who they are: a body that is no form, a
    repeated parameter, a proof of possession that does not hold. Kept five years; not shown to the citizen."""

    error: Code
    reason: Code


@dataclass(frozen=True)
class LaxityUsed(Event, shown=False):
    """A portal of the old interface used something that is tolerated of it alone, for the first time that day. Kept
    five years; not shown to the citizen."""

    laxity: Code


@dataclass(frozen=True)
class PortalTested(Event, shown=False):
    """A portal was taken through the self-test. `outcome` is green, red or stopped. Kept five years; not shown to the
    citizen."""

    test: Code
    outcome: Code


@dataclass(frozen=True)
class SubjectsImported(Event, shown=False, kept=Kept.PERMANENTLY):
    """Names that people had in an earlier system became theirs at a portal's sector: `added` in one step, from the file
    with this SHA-256. Kept permanently; not shown to the citizen."""

    added: int
    file: Code


@dataclass(frozen=True)
class PortalToLeave(Event, shown=False):
    """A portal's contacts were told that it must leave its profile in `days` days; 0 says that the day has come. Kept
    five years; not shown to the citizen."""

    days: int


@dataclass(frozen=True)
class PortalPutLive(Event, shown=False, kept=Kept.PERMANENTLY):
    """A portal that waited was put live: by a green report of its self-test (`test`), or, with a reason, without one
    (`ground` exception). Kept permanently; not shown to the citizen."""

    ground: Code
    test: Code
