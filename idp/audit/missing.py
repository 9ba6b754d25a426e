"""What a journal knows and the database does not: after a restore, the acts that have to be done again.

A restored database has forgotten its last minutes, with the revocations made in them (F-20). The journal that was
exported elsewhere has them; this compares the two, by id, and says what to do again. It does nothing itself: who was
revoked, and why, is for the operator to confirm.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from idp.audit.events import CATALOGUE, Kept
from idp.audit.tables import audit_events
from idp.storage import Database, Statement, Unit
from idp.storage.lists import among

_AT_ONCE: Final = 500

_KNOWN: Final = Statement(select(audit_events.c.id).where(among(audit_events.c.id, "ids")))


async def missing(database: Database, rows: Iterable[dict[str, Any]], *, everything: bool) -> list[dict[str, Any]]:
    """The rows of a journal that the database does not have, in their order.

    Without `everything` only those that are kept permanently: acts of staff and what makes an account. The rest is
    use, which nobody can do again.
    """
    wanted = (row for row in rows if everything or _is_permanent(row))
    found: list[dict[str, Any]] = []
    while batch := list(islice(wanted, _AT_ONCE)):
        known = await database.read(_known, [UUID(row["id"]) for row in batch])
        found += [row for row in batch if UUID(row["id"]) not in known]
    return found


def _is_permanent(row: dict[str, Any]) -> bool:
    event = CATALOGUE.get(row["event"])
    return event is None or event.kept is Kept.PERMANENTLY


def _known(db: Unit, ids: list[UUID]) -> frozenset[UUID]:
    return frozenset(row.id for row in db.all(_KNOWN, ids=ids))
