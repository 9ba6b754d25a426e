"""The first page of the console: what waits for whoever came in, and where everything is."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp import approvals
from idp.admin.entrance import HOME, StaffEntrance
from idp.admin.people import lookup
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.parts import Parts


class HomePage:
    """Proposals that this person may approve, acts that await a review, alarms, and the sections of the role."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """GET /admin."""
        return [Route(HOME, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The page. Every role has it."""
        staff = await self._entrance.admit(request, None)
        if isinstance(staff, Response):
            return staff
        now, decides = self._parts.clock.now(), staff.may(Permission.APPROVE)
        waits = await self._parts.database.read(approvals.waiting, staff.actor, now=now)
        told = staff.may(Permission.SEARCH_AUDIT)
        alarms = await self._parts.database.read(lookup.alarms, now=now) if told else []
        return self._console.page(
            request,
            staff,
            "admin/home.html",
            alarms=alarms,
            to_decide=waits.of_others if decides else 0,
            own=waits.own,
            to_review=waits.to_review if decides else 0,
        )
