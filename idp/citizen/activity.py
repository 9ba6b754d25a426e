"""The page at /account/activity: what happened with the account, from the record that nobody edits.

Every event of the catalogue that is meant for citizens is here, acts of staff among them, a second after it committed;
what an event tells is said in words, never as it is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.events import CATALOGUE, InterventionMade
from idp.audit.tables import audit_events
from idp.citizen.entrance import Entrance
from idp.citizen.shown_scopes import ShownScopes, shown_scopes
from idp.parts import Parts
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among
from idp.web.forms import read_query
from idp.web.languages import Language, choose

PATH: Final = "/account/activity"
AT_ONCE: Final = 50

# Ids are in order of time: the newest first, and a page goes on where the one before ended.
_PAGE: Final = Statement(
    select(
        audit_events.c.id,
        audit_events.c.at,
        audit_events.c.event,
        audit_events.c.portal_id,
        audit_events.c.actor,
        audit_events.c.reference,
        audit_events.c.details,
    )
    .where(
        audit_events.c.account_id == bindparam("account"),
        audit_events.c.id < bindparam("before"),
        among(audit_events.c.event, "events"),
    )
    .order_by(audit_events.c.id.desc())
    .limit(AT_ONCE + 1)
)
_NEWEST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it is shown.

    `by_staff`: an official or operator acted. `scopes` are what a portal got or asked for; `details` are the event's
    own members.
    """

    at: datetime
    event: str
    portal: str | None
    by_staff: bool
    reference: str | None
    scopes: ShownScopes
    details: dict[str, Any]

    @property
    def is_own_lock(self) -> bool:
        """Whether the person locked or unlocked the account: no other intervention is without somebody of the staff."""
        return self.event == InterventionMade.name and not self.by_staff


class ActivityPage:
    """Shows it, fifty at once."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """GET /account/activity, with `before` for what is older."""
        return [Route(PATH, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """A page of it, newest first."""
        before = _moment_before(read_query(request).get("before", ""))
        parts, who = self._parts, await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        rows = await parts.database.read(_rows, who.account_id, before)
        shown = [_happening(row, parts, choose(request)) for row in rows[:AT_ONCE]]
        older = rows[AT_ONCE - 1].id.hex if len(rows) > AT_ONCE else None
        return parts.pages.page(
            request, "citizen/activity.html", happenings=shown, older=older, is_newest=before == _NEWEST
        )


def _moment_before(text: str) -> UUID:
    """Where the page before ended; from the newest on when that is not one of ours."""
    try:
        return UUID(text)
    except ValueError:
        return _NEWEST


def _rows(db: Unit, account_id: UUID, before: UUID) -> list[Row]:
    events = [name for name, event in CATALOGUE.items() if event.shown]
    return db.all(_PAGE, account=account_id, before=before, events=events)


def _happening(row: Row, parts: Parts, language: Language) -> Happening:
    portal = parts.portals.by_id(row.portal_id) if row.portal_id else None
    details = orjson.loads(row.details)
    return Happening(
        at=row.at,
        event=row.event,
        portal=portal.name(language) if portal else None,
        by_staff=row.actor is not None,
        reference=row.reference,
        scopes=shown_scopes(parts.pages, details.get("scopes", ())),
        details=details,
    )
