"""The browsers that an account's person signed in with before, for the person to look at and to forget."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from idp.sign_in.devices import KEPT
from idp.sign_in.tables import known_devices
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among

_ALL: Final = Statement(
    select(known_devices.c.key, known_devices.c.first_seen_at, known_devices.c.last_seen_at)
    .where(known_devices.c.account_id == bindparam("account"), known_devices.c.last_seen_at > bindparam("since"))
    .order_by(known_devices.c.last_seen_at.desc())
)
_FORGET: Final = Statement(
    delete(known_devices).where(
        known_devices.c.account_id == bindparam("account"), known_devices.c.key == bindparam("key_")
    )
)

_FORGET_ALL: Final = Statement(delete(known_devices).where(among(known_devices.c.account_id, "accounts")))


def remembered(db: Unit, account_id: UUID, *, now: datetime) -> list[Row]:
    """key (32 bytes, which no browser can be found by), first_seen_at, last_seen_at; the latest first."""
    return db.all(_ALL, account=account_id, since=now - KEPT)


def forget(db: Unit, account_id: UUID, key: bytes) -> bool:
    """From now on that browser is a stranger to the account; False when it was one already. It stays signed in."""
    return db.execute(_FORGET, account=account_id, key_=key) == 1


def forget_all(db: Unit, accounts: Sequence[UUID]) -> int:
    """From now on every browser is a stranger to these accounts; how many were none."""
    return db.execute(_FORGET_ALL, accounts=list(accounts))
