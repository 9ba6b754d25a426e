"""Reading the record: by account and time, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import first_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it is read. `position` is None until the chainer has sealed it."""

    at: datetime
    event: str
    account_id: UUID | None
    portal_id: UUID | None
    actor: str | None
    reference: str | None
    details: dict[str, Any]
    position: int | None


def entries(db: Unit, *, account_id: UUID | None = None, since: datetime | None = None, limit: int) -> list[Entry]:
    """The newest `limit` rows about an account (about anything, when None) since a moment.

    Compiled at each call, as every search is: it is for people, not for requests.
    """
    search = select(audit_events).order_by(audit_events.c.id.desc()).limit(limit)
    if account_id is not None:
        search = search.where(audit_events.c.account_id == account_id)
    if since is not None:
        # Ids are in order of time, so this needs no index on `at`.
        search = search.where(audit_events.c.id >= first_id(since), audit_events.c.at >= since)
    return [_entry(row) for row in db.all(Statement(search))]


def _entry(row: Row) -> Entry:
    return Entry(
        row.at,
        row.event,
        row.account_id,
        row.portal_id,
        row.actor,
        row.reference,
        orjson.loads(row.details),
        row.position,
    )
