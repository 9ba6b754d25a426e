"""The part of an attempt that the browser carries, sealed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

import orjson

from idp.errors import Kind, Refusal
from idp.sealing.keyring import Keyring
from idp.storage.identifiers import new_id

LONGEST = 2048
_CONTEXT = "attempt"


class AttemptTooLarge(Refusal):
    """A portal's request does not fit into a browser's cookie.

    Operator: the portal sends very long `state`, `claims` or other values; ask it to shorten them.
    """

    code = "request_too_large"
    kind = Kind.TOO_LARGE


class AttemptMissing(Refusal):
    """A form came back without its attempt: its cookie is gone, too old, or was never set here.

    Operator: usual after a long pause or with cookies switched off; many at once hint at a proxy that drops cookies.
    """

    code = "attempt_missing"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser is in the middle of.

    `then` is the path of ours to go on to. `portal_id`, `scope`, `claims` and `resources` (APIs of others) say who
    wants what of the person; `request` is the rest of the portal's request, for /authorize alone to read. All five are
    empty for a person's own pages. `redirect_source` is where forms may lead (`idp.web.content_policy.source_of`).
    `secret` appears with the first proof and names the row.
    """

    id: UUID
    started_at: datetime
    then: str
    portal_id: UUID | None = None
    scope: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    request: dict[str, Any] = field(default_factory=dict)
    redirect_source: str = ""
    secret: str = ""
    denied: bool = False

    @classmethod
    def begin(cls, *, then: str, now: datetime, **about: Any) -> Self:
        """A new attempt; `about` are the other members."""
        return cls(new_id(now), now, then, **about)

    @property
    def name(self) -> str:
        """Short and without meaning: it tells a browser's two attempts apart, in cookie names, forms and paths."""
        return self.id.hex[-12:]

    @property
    def onward(self) -> str:
        """The path, with the attempt's name, where the person goes on after a step."""
        return f"{self.then}?attempt={self.name}"

    @property
    def ui_locales(self) -> str | None:
        """The languages that the portal asked its pages to speak: the one part of `request` that every page needs."""
        wished: str | None = self.request.get("l")
        return wished

    def proved(self, secret: str) -> Self:
        """The same attempt, with the secret of its row."""
        return replace(self, secret=secret)

    def refused(self) -> Self:
        """The same attempt, after the person declined to share."""
        return replace(self, denied=True)

    def seal(self, keyring: Keyring) -> str:
        """As a cookie's value; raises `AttemptTooLarge` over 2 kB."""
        value = keyring.wrap("cookies", orjson.dumps(self._members()), context=_CONTEXT)
        if len(value) > LONGEST:
            raise AttemptTooLarge(f"{len(value)} characters")
        return value

    def _members(self) -> dict[str, Any]:
        return {
            "i": self.id.hex,
            "s": int(self.started_at.timestamp() * 1_000_000),
            "t": self.then,
            "p": self.portal_id.hex if self.portal_id else "",
            "c": self.scope,
            "m": self.claims,
            "r": self.resources,
            "q": self.request,
            "o": self.redirect_source,
            "k": self.secret,
            "d": self.denied,
        }

    @classmethod
    def open(cls, value: str | None, keyring: Keyring, *, now: datetime, lifetime: timedelta) -> Self:
        """The attempt in a cookie; raises `AttemptMissing` when there is none, it is not ours, or too old."""
        plain = keyring.unwrap("cookies", value, context=_CONTEXT) if value else None
        if plain is None:
            raise AttemptMissing("not_sealed_by_us")
        members = orjson.loads(plain)
        started_at = datetime.fromtimestamp(members["s"] / 1_000_000, UTC)
        if not started_at <= now < started_at + lifetime:
            raise AttemptMissing("too_old")
        return cls(
            id=UUID(members["i"]),
            started_at=started_at,
            then=members["t"],
            portal_id=UUID(members["p"]) if members["p"] else None,
            scope=tuple(members["c"]),
            claims=tuple(members["m"]),
            resources=tuple(members.get("r", ())),
            request=members["q"],
            redirect_source=members["o"],
            secret=members["k"],
            denied=members["d"],
        )
