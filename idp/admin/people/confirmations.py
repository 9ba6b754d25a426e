"""One press, for what was shown: an act is done once, by whoever saw what it does, within ten minutes, or never."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, insert, update

from idp.admin.tables import confirmations
from idp.errors import Kind, Refusal
from idp.sealing import digest, random_value
from idp.storage import Statement, Unit
from idp.storage.sweeping import Sweep

LIFETIME: Final = timedelta(minutes=10)
SWEEP: Final = Sweep(confirmations, by=confirmations.c.expires_at, kept=timedelta(days=1))

_INSERT: Final = Statement(insert(confirmations))
_SPEND: Final = Statement(
    update(confirmations)
    .where(
        confirmations.c.digest == bindparam("digest_"),
        confirmations.c.session_id == bindparam("session_"),
        confirmations.c.account_id == bindparam("account"),
        confirmations.c.wanted == bindparam("wanted_"),
        confirmations.c.spent_at.is_(None),
        confirmations.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(confirmations.c.account_id)
)


class ConfirmationVoid(Refusal):
    """An act was confirmed a second time, after ten minutes, from another staff session, or with other values than
    those that its consequences were shown for. Nothing was done.

    Operator: the account's page tells whether the act was done before. Whoever still wants it fills in the form anew.
    """

    code = "confirmation_void"
    kind = Kind.CONFLICT


def make(db: Unit, session_id: UUID, account_id: UUID, wanted: Mapping[str, str], *, now: datetime) -> str:
    """A value `k_…` that confirms exactly this, once, from this staff session."""
    value = random_value("k_")
    db.write(
        _INSERT,
        digest=digest(value),
        session_id=session_id,
        account_id=account_id,
        wanted=_digest_of(wanted),
        expires_at=now + LIFETIME,
    )
    return value


def spend(
    db: Unit, value: str, session_id: UUID, account_id: UUID, wanted: Mapping[str, str], *, now: datetime
) -> None:
    """Take it; raises `ConfirmationVoid` unless it was made for exactly this and is still good."""
    bound = {"digest_": digest(value), "session_": session_id, "account": account_id, "wanted_": _digest_of(wanted)}
    if db.one(_SPEND, **bound, now=now) is None:
        raise ConfirmationVoid


def _digest_of(wanted: Mapping[str, str]) -> bytes:
    return hashlib.sha256(orjson.dumps(dict(wanted), option=orjson.OPT_SORT_KEYS)).digest()
