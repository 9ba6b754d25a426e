"""Refresh tokens: rotated at each use, forgiving to a repeat, deadly to a replay; those that are bound to a key stay.

The successor of a token is made from the token itself, so a portal whose answer was lost asks again and gets the same
one. Once the successor was used, or a minute has passed, the old token is a replay: its whole family ends.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.audit.events import RefreshReuseDetected
from idp.audit.record import record
from idp.errors import Refusal
from idp.sealing.keyring import Keyring
from idp.sealing.random_values import digest, random_value
from idp.storage import Row, Statement, Unit
from idp.tokens import grants
from idp.tokens.tables import refresh_tokens

REPEAT_WITHIN = timedelta(seconds=60)


class RefreshRefused(Refusal):
    """A refresh token is unknown, too old, replayed, or another portal's.

    Operator: a family that ended by reuse is in the audit; the portal must sign the person in again.
    """

    code = "refresh_refused"


@dataclass(frozen=True, slots=True)
class Family:
    """Whom a refresh token belongs to, and which generation it is."""

    grant_id: UUID
    account_id: UUID
    generation: int


_INSERT: Final = Statement(insert(refresh_tokens))

# One that may still be used, and by this portal alone.
_ALIVE: Final = (
    refresh_tokens.c.digest == bindparam("digest_"),
    refresh_tokens.c.portal_id == bindparam("portal"),
    refresh_tokens.c.replaced_at.is_(None),
    refresh_tokens.c.expires_at > bindparam("now"),
)
_FAMILY: Final = (refresh_tokens.c.grant_id, refresh_tokens.c.account_id, refresh_tokens.c.generation)

_REPLACE: Final = Statement(
    update(refresh_tokens).where(*_ALIVE).values(replaced_at=bindparam("now")).returning(*_FAMILY)
)

_PROLONG: Final = Statement(
    update(refresh_tokens).where(*_ALIVE).values(expires_at=bindparam("until")).returning(*_FAMILY)
)

_LOOK: Final = Statement(select(refresh_tokens).where(refresh_tokens.c.digest == bindparam("digest_")))


def first(db: Unit, *, grant_id: UUID, account_id: UUID, portal_id: UUID, expires_at: datetime, now: datetime) -> str:
    """The first refresh token of a family, `r_…`."""
    token = random_value("r_")
    _add(db, token, Family(grant_id, account_id, 0), portal_id, expires_at=expires_at, now=now)
    return token


def spend(db: Unit, token: str, portal_id: UUID, keyring: Keyring, *, now: datetime) -> tuple[Family, bool]:
    """The family a token belongs to, and whether this is its first use; raises `RefreshRefused`.

    After a first use give the portal `succeed(…)`, after a repeat `successor(…)`, which exists already.
    """
    row = db.one(_REPLACE, digest_=digest(token), portal=portal_id, now=now)
    if row is not None:
        return Family(row.grant_id, row.account_id, row.generation), True
    known = db.one(_LOOK, digest_=digest(token))
    if known is None or known.portal_id != portal_id or known.replaced_at is None:
        raise RefreshRefused
    family = Family(known.grant_id, known.account_id, known.generation)
    if not _may_repeat(db, known, token, keyring, now=now):
        grants.end(db, family.grant_id, grants.Ending.REFRESH_REUSED, now=now)
        event = RefreshReuseDetected(grant_id=family.grant_id, generation=family.generation)
        record(db, event, now=now, account_id=family.account_id, portal_id=portal_id)
        raise RefreshRefused("reused")
    return family, False


def keep(db: Unit, token: str, portal_id: UUID, *, expires_at: datetime, now: datetime) -> Family:
    """The family of a token that may be used again, until `expires_at`; raises `RefreshRefused`.

    For tokens that nobody else could use: bound to a key, or to how their portal authenticates.
    """
    row = db.one(_PROLONG, digest_=digest(token), portal=portal_id, until=expires_at, now=now)
    if row is None:
        raise RefreshRefused
    return Family(row.grant_id, row.account_id, row.generation)


def _may_repeat(db: Unit, known: Row, token: str, keyring: Keyring, *, now: datetime) -> bool:
    if now > known.replaced_at + REPEAT_WITHIN:
        return False
    following = db.one(_LOOK, digest_=digest(successor(token, keyring)))
    return following is not None and following.replaced_at is None


def succeed(
    db: Unit, token: str, family: Family, portal_id: UUID, keyring: Keyring, *, expires_at: datetime, now: datetime
) -> str:
    """Write the next generation and give its token."""
    following = successor(token, keyring)
    _add(
        db,
        following,
        Family(family.grant_id, family.account_id, family.generation + 1),
        portal_id,
        expires_at=expires_at,
        now=now,
    )
    return following


def successor(token: str, keyring: Keyring) -> str:
    """The one token that may follow `token`; only this installation can make it."""
    return "r_" + urlsafe_b64encode(keyring.derive("refresh", token.encode())).rstrip(b"=").decode()


def find(db: Unit, token: str) -> Row | None:
    """The row of a refresh token, for introspection and revocation."""
    return db.one(_LOOK, digest_=digest(token))


def _add(db: Unit, token: str, family: Family, portal_id: UUID, *, expires_at: datetime, now: datetime) -> None:
    db.write(
        _INSERT,
        digest=digest(token),
        grant_id=family.grant_id,
        account_id=family.account_id,
        portal_id=portal_id,
        generation=family.generation,
        created_at=now,
        expires_at=expires_at,
    )
