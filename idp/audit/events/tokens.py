"""Codes, grants and tokens: what a portal got, and what it was refused."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events.event import Code, Codes, Event, RegisteredText


@dataclass(frozen=True)
class AuthorizationRefused(Event, shown=False):
    """A portal sent a browser with a request that was refused. Kept five years; not shown to the citizen."""

    error: Code
    reason: Code


@dataclass(frozen=True)
class CodeIssued(Event, shown=True):
    """A portal was told, by a code, who is signed in. Kept five years; shown to the citizen."""

    grant_id: UUID
    session_id: UUID
    scopes: Codes


@dataclass(frozen=True)
class CodeReuseDetected(Event, shown=True):
    """A spent code came again; its grant was ended. Kept five years; shown to the citizen."""

    grant_id: UUID


@dataclass(frozen=True)
class TokensIssued(Event, shown=True):
    """A portal got tokens. `grant_id` is None for client credentials. Kept five years; shown to the citizen."""

    grant_type: Code
    grant_id: UUID | None
    scopes: Codes


@dataclass(frozen=True)
class TokensRefused(Event, shown=False):
    """A portal asked for tokens and was refused. Kept five years; not shown to the citizen."""

    grant_type: Code
    error: Code
    reason: Code


@dataclass(frozen=True)
class RefreshRotated(Event, shown=True):
    """A refresh token was exchanged for its successor. Kept five years; shown to the citizen."""

    grant_id: UUID
    generation: int


@dataclass(frozen=True)
class RefreshReuseDetected(Event, shown=True):
    """A refresh token that was already exchanged came again; its grant was ended.

    Kept five years; shown to the citizen.
    """

    grant_id: UUID
    generation: int


@dataclass(frozen=True)
class TokenRevoked(Event, shown=True):
    """A portal gave a token back (RFC 7009). Kept five years; shown to the citizen."""

    kind: Code
    grant_id: UUID | None


@dataclass(frozen=True)
class NationalNumberReleased(Event, shown=True):
    """A portal got the citizen number; `legal_basis` is what it is registered with.

    Kept five years; shown to the citizen.
    """

    legal_basis: RegisteredText
    released_in: Code
