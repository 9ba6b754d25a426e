"""Signed-in browsers."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Codes, Event


@dataclass(frozen=True)
class SessionOpened(Event, shown=True):
    """A browser is signed in from now on. Kept five years; shown to the citizen."""

    session_id: UUID
    level: int
    methods: Codes


@dataclass(frozen=True)
class SessionLevelRaised(Event, shown=True):
    """A signed-in browser gave another proof and got a new session id. Kept five years; shown to the citizen."""

    session_id: UUID
    level: int
    methods: Codes


@dataclass(frozen=True)
class SessionEnded(Event, shown=True):
    """A browser is signed out; `how` says by whom or what. Kept five years; shown to the citizen."""

    session_id: UUID
    how: Code
