"""Writing an event, in the transaction of the act it tells of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert

from idp.audit.events import Event
from idp.audit.tables import audit_events
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id

LOCAL_OPERATOR = "local_operator"
"""The actor of what is done on the command line."""

ADD = Statement(insert(audit_events))


def record(
    db: Unit,
    event: Event,
    *,
    now: datetime,
    account_id: UUID | None = None,
    portal_id: UUID | None = None,
    reference: str | None = None,
    actor: str | None = None,
) -> None:
    """One row. `account_id` is whom it concerns, `portal_id` for which portal, `reference` what the page showed.

    `actor` is None when the citizen, the portal or the provider itself acted; else `LOCAL_OPERATOR` or the id of the
    member of staff, not of their account.
    """
    db.write(ADD, **_row(event, account_id, portal_id, actor, reference, now=now))


def record_all(db: Unit, happened: Iterable[tuple[UUID, Event]], *, actor: str | None = None, now: datetime) -> None:
    """One row for each event and the account that it concerns, sent together; `actor` as for `record`."""
    db.many(ADD, [_row(event, account_id, None, actor, None, now=now) for account_id, event in happened])


def _row(
    event: Event,
    account_id: UUID | None,
    portal_id: UUID | None,
    actor: str | None,
    reference: str | None,
    *,
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "at": now,
        "event": event.name,
        "account_id": account_id,
        "portal_id": portal_id,
        "actor": actor,
        "reference": reference,
        "details": orjson.dumps(event, default=_id_of_a_row).decode(),
    }


def _id_of_a_row(value: object) -> str:
    # PostgreSQL's driver has a UUID class of its own, which orjson does not know.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an event cannot hold a {type(value).__name__}")
