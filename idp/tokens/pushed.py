"""Authorization requests that a portal pushed (RFC 9126): kept until a browser brings their name, spent by a code.

A browser may bring the name several times until then: people reload pages. Once it is here, it has as long as any other
attempt to sign in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.sealing.keyring import Keyring
from idp.sealing.random_values import digest, random_value
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.tokens.tables import pushed_requests

PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
LIFETIME: Final = timedelta(seconds=90)
"""How long a browser may take to bring it."""

_INSERT: Final = Statement(insert(pushed_requests))
_FIND: Final = Statement(
    select(pushed_requests).where(
        pushed_requests.c.digest == bindparam("digest_"),
        pushed_requests.c.portal_id == bindparam("portal"),
        pushed_requests.c.spent_at.is_(None),
    )
)
_SPEND: Final = Statement(
    update(pushed_requests)
    .where(pushed_requests.c.digest == bindparam("digest_"), pushed_requests.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """What was pushed, as the fields of an authorization request; `key` names it here."""

    key: bytes
    fields: Mapping[str, str]
    dpop_jkt: str | None
    expires_at: datetime


def push(
    db: Unit,
    keyring: Keyring,
    portal_id: UUID,
    fields: Mapping[str, str],
    *,
    dpop_jkt: str | None,
    now: datetime,
) -> str:
    """Keep a request that was found good; its `request_uri`."""
    name, row_id = random_value("p_"), new_id(now)
    sealed = keyring.seal_json(dict(fields), table="pushed_requests", column="request_sealed", row=row_id)
    db.write(
        _INSERT,
        digest=digest(name),
        id=row_id,
        portal_id=portal_id,
        request_sealed=sealed,
        dpop_jkt=dpop_jkt,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    return PREFIX + name


def key_of(request_uri: str) -> bytes:
    """Under which key a `request_uri` of ours would be kept."""
    return digest(request_uri.removeprefix(PREFIX))


def find(db: Unit, keyring: Keyring, key: bytes, portal_id: UUID) -> PushedRequest | None:
    """The portal's request of that key, when no code came of it yet. Whether it is still time is for the caller."""
    row = db.one(_FIND, digest_=key, portal=portal_id)
    if row is None:
        return None
    fields = keyring.open_json(row.request_sealed, table="pushed_requests", column="request_sealed", row=row.id)
    return PushedRequest(key, fields, row.dpop_jkt, row.expires_at)


def spend(db: Unit, key: bytes, *, now: datetime) -> bool:
    """Have it lead to an answer once; False when it had before."""
    return db.execute(_SPEND, digest_=key, now=now) == 1
