"""Browsers that somebody signed in with before.

The cookie proves nothing and lets nobody in. It gives a browser a count of wrong tries of its own, so that strangers
cannot use up the tries of the people who sign in there (OWASP ASVS 5.0 §6.3.1). Several people may share a browser.

A count of wrong second factors is for browsers in which a second factor was right before. Where a portal is content
with a password, whoever has the password could make themselves known in as many browsers as they have guesses to make.
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, case, select
from starlette.requests import HTTPConnection

from idp.sealing.random_values import random_value
from idp.sign_in.tables import known_devices
from idp.storage import Statement, Unit
from idp.storage.upserts import upsert
from idp.web.cookie_jar import DEVICE

KEPT: Final = timedelta(days=365)
"""How long a browser is remembered after the last sign-in there."""

_SHAPE = re.compile(r"d_[A-Za-z0-9_-]{43}")

_FIND: Final = Statement(
    select(known_devices.c.account_id).where(
        known_devices.c.key == bindparam("key_"),
        known_devices.c.level >= bindparam("level_"),
        known_devices.c.last_seen_at > bindparam("since"),
    )
)
_REMEMBER: Final = Statement(
    upsert(
        known_devices,
        keys=["key"],
        set_=lambda new: {
            "last_seen_at": new.last_seen_at,
            "level": case((new.level > known_devices.c.level, new.level), else_=known_devices.c.level),
        },
    )
)


def device_of(request: HTTPConnection) -> str | None:
    """What the browser says it is, when that has our shape."""
    value = DEVICE.read(request)
    return value if value is not None and _SHAPE.fullmatch(value) else None


def known(db: Unit, device: str | None, account_id: UUID, *, level: int, now: datetime) -> str | None:
    """`device`, when the account's person signed in with it in the past year, and once at `level` or above; else None.

    `level` is 1 where passwords are counted, 2 where second factors are.
    """
    if device is None:
        return None
    return device if db.one(_FIND, key_=_key(device, account_id), level_=level, since=now - KEPT) else None


def remember(db: Unit, device: str | None, account_id: UUID, *, level: int, now: datetime) -> str:
    """The person signed in with this browser at `level`; the value for its cookie, a new one when it has none."""
    value = device or random_value("d_")
    times = {"first_seen_at": now, "last_seen_at": now}
    db.write(_REMEMBER, key=_key(value, account_id), account_id=account_id, level=level, **times)
    return value


def _key(device: str, account_id: UUID) -> bytes:
    return hashlib.sha256(device.encode() + account_id.bytes).digest()
