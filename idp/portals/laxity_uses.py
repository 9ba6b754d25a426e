"""When a portal last used each thing that is tolerated: who looks after it sees what keeps it from moving on.

Sign-ins are far too many to write one row each. There is one row for each portal and laxity, written at most once a day
(UTC), and one row of the record with it; what a process has seen today costs no statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select

from idp.audit import record
from idp.audit.events import LaxityUsed
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.portals.tables import laxity_uses
from idp.storage import Database, Statement, Unit
from idp.storage.upserts import upsert

_USED_TODAY: Final = Statement(
    upsert(
        laxity_uses,
        keys=["portal_id", "laxity"],
        set_=lambda new: {"last_day": new.last_day, "days": laxity_uses.c.days + 1},
        where=lambda new: laxity_uses.c.last_day < new.last_day,
    )
)
_OF_PORTAL: Final = Statement(
    select(laxity_uses).where(laxity_uses.c.portal_id == bindparam("portal")).order_by(laxity_uses.c.laxity)
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LaxityUse:
    """`first_day` and `last_day` are midnights (UTC) of days on which it was used; `days` counts those days."""

    laxity: str
    first_day: datetime
    last_day: datetime
    days: int


class LaxityUses:
    """Of one process."""

    def __init__(self) -> None:
        self._seen: dict[tuple[UUID, Laxity], datetime] = {}

    async def note(self, database: Database, portal: Portal, used: Iterable[Laxity], *, now: datetime) -> None:
        """Write down those that nobody has written down today. Other rooms ask only for portals that have any."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        fresh = [laxity for laxity in used if self._seen.get((portal.id, laxity)) != today]
        if not fresh:
            return
        for laxity in await database.run(_note, portal, fresh, today, now=now):
            _log.warning("laxity_used", portal=portal.client_id, laxity=laxity)
        # Only now: what was rolled back is written the next time.
        self._seen.update({(portal.id, laxity): today for laxity in fresh})


def uses_of(db: Unit, portal_id: UUID) -> list[LaxityUse]:
    """What the portal ever used, by name."""
    rows = db.all(_OF_PORTAL, portal=portal_id)
    return [LaxityUse(row.laxity, row.first_day, row.last_day, row.days) for row in rows]


def _note(db: Unit, portal: Portal, used: list[Laxity], today: datetime, *, now: datetime) -> list[Laxity]:
    """Those that were the first today, in every process."""
    # In one order: of two processes that note the same ones neither waits for the other's second row.
    written = [
        laxity
        for laxity in sorted(used)
        if db.execute(_USED_TODAY, portal_id=portal.id, laxity=laxity, first_day=today, last_day=today, days=1)
    ]
    for laxity in written:
        record(db, LaxityUsed(laxity=laxity), now=now, portal_id=portal.id)
    return written
