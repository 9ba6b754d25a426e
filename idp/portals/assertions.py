"""A client assertion is good once (RFC 7523 §3)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from idp.portals.tables import client_assertions
from idp.sealing import digest
from idp.storage import Statement, Unit
from idp.storage.upserts import insert_once

LONGEST_ASSERTION_LIFE: Final = timedelta(minutes=10)
"""How far ahead its `exp` may be."""

_SKEW: Final = timedelta(minutes=1)  # more than any reader forgives a late assertion

_SPEND: Final = Statement(insert_once(client_assertions, keys=["digest"]))


def spend_assertion(db: Unit, portal_id: UUID, jti: str, *, expires_at: datetime, now: datetime) -> bool:
    """Remember that the portal used this `jti`; False when it had done so before. One statement decides."""
    kept_until = max(expires_at, now) + _SKEW
    return db.execute(_SPEND, digest=digest(f"{portal_id}:{jti}"), kept_until=kept_until) == 1
