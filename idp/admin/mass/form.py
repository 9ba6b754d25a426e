"""Preparing a mass act: whom it is about and why; then its dry run is counted, and nothing is done."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.restrictions import Method
from idp.admin.entrance import StaffEntrance
from idp.admin.mass.wanted import LISTS, MOST_LINES, Whom
from idp.admin.people.intervention_wanted import Typed, act_in, places
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.interventions.mass.authorities import authorities
from idp.interventions.mass.lines import MassFileUnfit
from idp.interventions.mass.preparing import prepare
from idp.interventions.orders import Reason
from idp.parts import Parts
from idp.web.languages import choose

PATH: Final = "/admin/mass/new/{act}"
_MOST_SHOWN: Final = 50


class MassFormPage:
    """One form for each act."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """The form, and its sending."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.prepare, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: an empty form."""
        act = act_in(request)
        staff = await self._entrance.admit(request, Permission.MASS_ACT)
        if isinstance(staff, Response):
            return staff
        return await self._form(request, staff, Typed.read(act, {}), Whom.read({}))

    async def prepare(self, request: Request) -> Response:
        """POST: the job with its dry run; or the form again, with every faulty line named."""
        act, parts, now = act_in(request), self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request, multiline=LISTS)
        typed, whom = Typed.read(act, fields), Whom.read(fields)
        staff = await self._entrance.admit(request, Permission.MASS_ACT)
        if isinstance(staff, Response):
            return staff
        try:
            order = typed.order(staff, parts.portals, now=now)
            source = await whom.source(parts.database, parts.keyring)
            job = await prepare(parts.database, order, source, told_for=parts.settings.told_for, now=now)
        except Refusal as refusal:
            return await self._form(request, staff, typed, whom, refusal)
        return RedirectResponse(f"/admin/mass/{job.id}", status_code=303)

    async def _form(
        self, request: Request, staff: Staff, typed: Typed, whom: Whom, refusal: Refusal | None = None
    ) -> Response:
        parts = self._parts
        faults = refusal.faults if isinstance(refusal, MassFileUnfit) else ()
        return self._console.page(
            request,
            staff,
            "admin/mass_form.html",
            refusal=refusal,
            typed=typed,
            whom=whom,
            faulty_lines=[fault.line for fault in faults[:_MOST_SHOWN]],
            faults_left=max(0, len(faults) - _MOST_SHOWN),
            reasons=list(Reason),
            methods=list(Method),
            places=places(staff, parts.portals, choose(request)),
            authorities=sorted(await parts.database.read(authorities)),
            most_lines=MOST_LINES,
        )
