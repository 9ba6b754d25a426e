"""Initial access tokens (RFC 7591 §1.2): with one of them an agency's portals register themselves.

Each is good for so many portals until its end. It is shown once and kept as a digest; one statement counts a use, so
that two who race for the last one do not both get it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import InitialTokenEnded, InitialTokenMade, InitialTokenUsed
from idp.errors import Kind, Refusal
from idp.portals.bounds import Bounds
from idp.portals.tables import initial_tokens
from idp.sealing import Secret, digest, random_value
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import upsert

AS_MANY_AS_WANTED: Final = 2**31 - 1

_PREFIX: Final = "i_"
_GOOD: Final = (
    initial_tokens.c.digest == bindparam("digest_"),
    initial_tokens.c.ended_at.is_(None),
    initial_tokens.c.expires_at > bindparam("now"),
    initial_tokens.c.used < initial_tokens.c.most_uses,
)
_ADD: Final = Statement(insert(initial_tokens))
_KEEP: Final = Statement(
    upsert(
        initial_tokens,
        keys=["digest"],
        set_=lambda offered: {name: offered[name] for name in ("most_uses", "expires_at", "bounds", "ended_at")},
    ).returning(*initial_tokens.c)
)
_LOOK: Final = Statement(select(initial_tokens).where(*_GOOD))
_USE: Final = Statement(
    update(initial_tokens).where(*_GOOD).values(used=initial_tokens.c.used + 1).returning(*initial_tokens.c)
)
_END: Final = Statement(
    update(initial_tokens)
    .where(initial_tokens.c.id == bindparam("id_"), initial_tokens.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)
_NAMED: Final = Statement(select(initial_tokens).where(initial_tokens.c.id == bindparam("id_")))
_EVERY: Final = Statement(select(initial_tokens).order_by(initial_tokens.c.id))


class InitialTokenRefused(Refusal):
    """Somebody wants to register a portal without an initial access token that is good: it is unknown, used up, ended
    or too old. They are not told which.

    Operator: `idp portals tokens list` shows those there are; make the agency another with `idp portals tokens new`.
    """

    code = "initial_token_refused"
    kind = Kind.NOT_ALLOWED


class InitialTokenUnknown(Refusal):
    """There is no initial access token of that id.

    Operator: `idp portals tokens list` shows those there are.
    """

    code = "initial_token_unknown"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class InitialToken:
    """A token as the operator sees it. The token itself is not known here."""

    id: UUID
    bounds: Bounds
    used: int
    most_uses: int
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def state(self, *, now: datetime) -> Literal["good", "used up", "expired", "ended"]:
        """What it comes to."""
        if self.ended_at is not None:
            return "ended"
        if self.expires_at <= now:
            return "expired"
        return "good" if self.used < self.most_uses else "used up"


def make(
    db: Unit, bounds: Bounds, *, most_uses: int, expires_at: datetime, now: datetime, actor: str = LOCAL_OPERATOR
) -> tuple[InitialToken, Secret]:
    """A fresh one, and what is handed to the agency: nobody can see it again."""
    value = Secret(random_value(_PREFIX))
    made = InitialToken(new_id(now), bounds, 0, most_uses, now, expires_at, None)
    db.execute(_ADD, **_columns(made, value))
    record(db, InitialTokenMade(token_id=made.id, most_uses=most_uses), now=now, actor=actor)
    return made, value


def keep(db: Unit, value: Secret, bounds: Bounds, *, expires_at: datetime, now: datetime) -> None:
    """Have a token of somebody else's making, good for any number of portals; said again it stays the same one."""
    offered = InitialToken(new_id(now), bounds, 0, AS_MANY_AS_WANTED, now, expires_at, None)
    row = db.one(_KEEP, **_columns(offered, value))
    assert row is not None
    if row.id == offered.id:
        record(db, InitialTokenMade(token_id=row.id, most_uses=AS_MANY_AS_WANTED), now=now, actor=LOCAL_OPERATOR)


def look(db: Unit, value: str, *, now: datetime) -> InitialToken:
    """What it would allow now; raises `InitialTokenRefused`. Nothing is used up by that."""
    return _good(db.one(_LOOK, digest_=digest(value), now=now))


def use(db: Unit, value: str, *, now: datetime) -> InitialToken:
    """Count a use; raises `InitialTokenRefused`. One statement decides."""
    return _good(db.one(_USE, digest_=digest(value), now=now))


def write_down_use(db: Unit, token: InitialToken, portal_id: UUID, *, now: datetime) -> None:
    """Which portal it was used for."""
    record(db, InitialTokenUsed(token_id=token.id), portal_id=portal_id, now=now)


def end(db: Unit, token_id: UUID, *, now: datetime, actor: str = LOCAL_OPERATOR) -> InitialToken:
    """No more portals register with it; those that did stay. Raises `InitialTokenUnknown`."""
    if db.execute(_END, id_=token_id, now=now) == 1:
        record(db, InitialTokenEnded(token_id=token_id), now=now, actor=actor)
    row = db.one(_NAMED, id_=token_id)
    if row is None:
        raise InitialTokenUnknown
    return _read(row)


def every(db: Unit) -> list[InitialToken]:
    """All that ever were, oldest first."""
    return [_read(row) for row in db.all(_EVERY)]


def _good(row: Row | None) -> InitialToken:
    if row is None:
        raise InitialTokenRefused
    return _read(row)


def _columns(token: InitialToken, value: Secret) -> dict[str, object]:
    return {
        "id": token.id,
        "digest": digest(value.reveal()),
        "bounds": token.bounds.to_json(),
        "used": token.used,
        "most_uses": token.most_uses,
        "made_at": token.made_at,
        "expires_at": token.expires_at,
    }


def _read(row: Row) -> InitialToken:
    bounds = Bounds.from_json(row.bounds)
    return InitialToken(row.id, bounds, row.used, row.most_uses, row.made_at, row.expires_at, row.ended_at)
