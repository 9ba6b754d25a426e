"""The page at /admin/health: every part of the provider, and the portals that do not take what they are told."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.admin.entrance import StaffEntrance
from idp.admin.operating.health_checks import everything, is_failing
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.errors import Refusal
from idp.parts import Parts
from idp.signals.portal_health import PortalHealth, healths
from idp.web.languages import choose

PATH: Final = "/admin/health"


class HealthPage:
    """Measures at each view: nothing is kept."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """One page."""
        return [Route(PATH, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """What is wrong first."""
        staff = await self._entrance.admit(request, Permission.SEE_HEALTH)
        if isinstance(staff, Response):
            return staff
        findings = sorted(await everything(self._parts), key=lambda finding: finding.good)
        language = choose(request)
        failing = [(self._name(each, language), each) for each in await self._failing()]
        return self._console.page(
            request, staff, "admin/health.html", findings=findings, failing=failing, at=self._parts.clock.now()
        )

    async def _failing(self) -> list[PortalHealth]:
        try:
            every = await self._parts.database.read(healths)
        except Refusal:
            return []
        return [each for each in every if is_failing(each, now=self._parts.clock.now())]

    def _name(self, health: PortalHealth, language: str) -> tuple[str, str | None]:
        """Its name and client_id; one that is disabled has none here."""
        portal = self._parts.portals.by_id(health.portal_id)
        return (portal.name(language), portal.client_id) if portal else (str(health.portal_id), None)
