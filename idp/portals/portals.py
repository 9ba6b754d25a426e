"""This process's copy of every portal."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.portals.laxity_uses import LaxityUses
from idp.portals.portal import Portal
from idp.portals.tables import portals, registrations
from idp.storage import Database, Row, Statement, Unit

LOOKED_AGAIN_AFTER = timedelta(seconds=1)

CHANGED = Statement(
    select(portals, registrations.c.portal_id.label("registration_of"))
    .outerjoin(registrations, registrations.c.portal_id == portals.c.id)
    .where(portals.c.version > bindparam("known"))
    .order_by(portals.c.version)
)


class Portals:
    """Every portal that is not disabled. `refresh` reads what has changed since it last did.

    `laxity_uses` knows what this process has already written down of those of the old interface.
    """

    def __init__(self) -> None:
        self._by_client_id: dict[str, Portal] = {}
        self._by_id: dict[UUID, Portal] = {}
        self._version = 0
        self._looked_at: datetime | None = None
        self.laxity_uses = LaxityUses()

    @classmethod
    async def load(cls, database: Database) -> Self:
        """Read all of them."""
        loaded = cls()
        loaded._take_up(await database.read(_changed, 0))
        return loaded

    async def refresh(self, database: Database, *, now: datetime) -> None:
        """Read what has changed: one small SELECT, which mostly finds nothing."""
        self._looked_at = now
        self._take_up(await database.read(_changed, self._version))

    async def look_again(self, database: Database, *, now: datetime) -> None:
        """Refresh for a `client_id` nobody knows, at most once a second: strangers make them up for nothing."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOKED_AGAIN_AFTER:
            await self.refresh(database, now=now)

    def get(self, client_id: str) -> Portal | None:
        """The portal of that `client_id`."""
        return self._by_client_id.get(client_id)

    def by_id(self, portal_id: UUID) -> Portal | None:
        """The portal of that row."""
        return self._by_id.get(portal_id)

    def __iter__(self) -> Iterator[Portal]:
        return iter(self._by_client_id.values())

    def __len__(self) -> int:
        return len(self._by_client_id)

    def _take_up(self, rows: list[Row]) -> None:
        if not rows or rows[-1].version <= self._version:
            return
        # Replaced, not changed: units read them on other threads.
        by_client_id, by_id = dict(self._by_client_id), dict(self._by_id)
        for row in rows:
            by_client_id.pop(row.client_id, None)
            by_id.pop(row.id, None)
            if row.disabled_at is None:
                portal = Portal.from_json(
                    row.registration,
                    id=row.id,
                    secret_digest=row.secret_digest,
                    is_live=row.pending_since is None,
                    registered_itself=row.registration_of is not None,
                )
                by_client_id[portal.client_id] = by_id[portal.id] = portal
        self._by_client_id, self._by_id, self._version = by_client_id, by_id, rows[-1].version


def _changed(db: Unit, known: int) -> list[Row]:
    return db.all(CHANGED, known=known)
