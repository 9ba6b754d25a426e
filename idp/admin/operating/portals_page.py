"""The pages at /admin/portals: which portals there are, and how one is registered and served."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.admin.entrance import StaffEntrance
from idp.admin.operating.health_checks import is_failing
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.parts import Parts
from idp.portals import PortalUnknown, registering
from idp.portals.departures import Departure, departure_of
from idp.portals.members import is_client_id
from idp.portals.registering import Known
from idp.portals.strictness import Gap, gaps
from idp.register.provinces import provinces
from idp.signals.portal_health import PortalHealth, healths
from idp.storage import Statement, Unit
from idp.tokens.tables import grants
from idp.web.answers import NoSuchPage

PATH: Final = "/admin/portals"
LOOKED_BACK: Final = timedelta(days=30)

# Ids are in order of time: the newest first, and no further back than a month.
_LAST_GRANT: Final = Statement(
    select(grants.c.created_at)
    .where(grants.c.portal_id == bindparam("portal"), grants.c.id > bindparam("since"))
    .order_by(grants.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ShownPortal:
    """A portal as staff see it. `seen_at` is when it last got somebody's consent or its own token; in a list, None,
    like its `departure`, which a portal has that must leave its profile.
    """

    known: Known
    province: str | None
    health: PortalHealth | None
    failing: bool
    seen_at: datetime | None = None
    departure: Departure | None = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What it lacks of the strict profile."""
        return gaps(self.known.portal)


class PortalPages:
    """The list, and one of them. Officials of a province see that province's."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """Two pages."""
        return [
            Route(PATH, self.list, methods=["GET"]),
            Route(f"{PATH}/{{client_id}}", self.show, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """GET /admin/portals."""
        staff = await self._entrance.admit(request, Permission.SEE_PORTALS)
        if isinstance(staff, Response):
            return staff
        shown = await self._parts.database.read(portals_within_reach, staff, now=self._parts.clock.now())
        lacking = sum(bool(each.gaps) and each.known.disabled_at is None for each in shown)
        return self._console.page(request, staff, "admin/portals.html", portals=shown, lacking=lacking)

    async def show(self, request: Request) -> Response:
        """GET /admin/portals/{client_id}; out of reach is as unknown as nowhere."""
        staff = await self._entrance.admit(request, Permission.SEE_PORTALS)
        if isinstance(staff, Response):
            return staff
        client_id: str = request.path_params["client_id"]
        shown = await self._parts.database.read(portal_within_reach, staff, client_id, now=self._parts.clock.now())
        return self._console.page(request, staff, "admin/portal.html", shown=shown)


def portals_within_reach(db: Unit, staff: Staff, *, now: datetime) -> list[ShownPortal]:
    """Those that this member of staff may know, by client_id."""
    health = {each.portal_id: each for each in healths(db)}
    known = registering.every_portal(db)
    return [_shown(each, health.get(each.portal.id), now=now) for each in known if staff.reaches(each.portal.province)]


def portal_within_reach(db: Unit, staff: Staff, client_id: str, *, now: datetime) -> ShownPortal:
    """One of them, with when it was last seen; raises `NoSuchPage`."""
    try:
        # What cannot be one is not asked for: PostgreSQL takes no NUL in a text.
        known = registering.find(db, client_id) if is_client_id(client_id) else None
    except PortalUnknown:
        known = None
    if known is None:
        raise NoSuchPage("no_portal")
    if not staff.reaches(known.portal.province):
        raise NoSuchPage("portal_out_of_reach")
    health = {each.portal_id: each for each in healths(db)}
    since = UUID(int=int((now - LOOKED_BACK).timestamp() * 1000) << 80)
    last = db.one(_LAST_GRANT, portal=known.portal.id, since=since)
    shown = _shown(known, health.get(known.portal.id), seen_at=last.created_at if last else None, now=now)
    return replace(shown, departure=departure_of(db, known.portal, now=now))


def _shown(known: Known, health: PortalHealth | None, *, seen_at: datetime | None = None, now: datetime) -> ShownPortal:
    province = provinces().get(known.portal.province or "")
    failing = health is not None and is_failing(health, now=now)
    return ShownPortal(known, province.name if province else None, health, failing, seen_at)
