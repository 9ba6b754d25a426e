"""The pages at /admin/portal-changes: a portal manager proposes a new portal, a change, or an end; another approves."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.admin.acting import act_as, still_may
from idp.admin.entrance import StaffEntrance
from idp.admin.form_ids import form_id
from idp.admin.operating import portal_changes
from idp.admin.operating.portal_changes import Plan, plan
from idp.admin.operating.portals_page import portal_within_reach
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.approvals import Submitted
from idp.errors import Refusal
from idp.parts import Parts
from idp.portals import NewPortal, RegistrationRefused, read_portals
from idp.portals.writing import as_toml
from idp.storage import Unit
from idp.storage.identifiers import new_id
from idp.web.forms import read_query

# Not below /admin/portals: a portal may be called anything there.
PATH: Final = "/admin/portal-changes"
STATE_PATH: Final = "/admin/portal-states"
_TEXT: Final = "file"


class PortalChangePages:
    """One form for files, one button for the state of a portal; both only propose."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """The form, and what it proposes."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.propose, methods=["POST"]),
            Route(STATE_PATH, self.propose_state, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """GET: an empty form, or with `portal` that one's file as it is."""
        staff = await self._entrance.admit(request, Permission.CHANGE_PORTALS)
        if isinstance(staff, Response):
            return staff
        client_id, text = read_query(request).get("portal"), ""
        if client_id is not None:
            now = self._parts.clock.now()
            shown = await self._parts.database.read(portal_within_reach, staff, client_id, now=now)
            text = as_toml(shown.known.portal)
        return self._form(request, staff, text, "")

    async def propose(self, request: Request) -> Response:
        """POST: look at what would change (`look`), or propose it."""
        fields = await self._parts.csrf.read_form(request, multiline=(_TEXT,))
        staff = await self._entrance.admit(request, Permission.CHANGE_PORTALS)
        if isinstance(staff, Response):
            return staff
        text, why = fields.get(_TEXT, ""), fields.get("why", "")
        parts, now = self._parts, self._parts.clock.now()
        try:
            new = read_portals(text.encode(), demo=parts.settings.demo)
            if "look" in fields:
                planned = await parts.database.read(plan, new, now=now)
                return self._form(request, staff, text, why, planned=planned)
            planned, submitted = await parts.database.run(_propose, new, staff, why, form_id(fields), now=now)
        except Refusal as refusal:
            return self._form(request, staff, text, why, refusal=refusal)
        return self._console.page(
            request, staff, "admin/portal_proposed.html", planned=planned, submitted=submitted, back=PATH
        )

    async def propose_state(self, request: Request) -> Response:
        """POST: take a portal out of use, or back into it, or let people in at one that registered itself."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.CHANGE_PORTALS)
        if isinstance(staff, Response):
            return staff
        client_id, now, read = fields.get("portal", ""), self._parts.clock.now(), self._parts.database.read
        shown = await read(portal_within_reach, staff, client_id, now=now)
        try:
            whole: dict[str, Any] = {"client_id": client_id, "why": fields.get("why", ""), "form": form_id(fields)}
            if fields.get("to") == "open":
                proposing = partial(portal_changes.propose_opening, **whole)
            else:
                proposing = partial(portal_changes.propose_state, disabled=fields.get("to") == "disabled", **whole)
            submitted = await self._parts.database.run(act_as, staff, Permission.CHANGE_PORTALS, proposing, now=now)
        except Refusal as refusal:
            back = f"/admin/portals/{client_id}"
            return self._console.page(request, staff, "admin/portal.html", shown=shown, refusal=refusal, back=back)
        return self._console.page(
            request, staff, "admin/portal_proposed.html", planned=None, submitted=submitted, back=PATH
        )

    def _form(
        self,
        request: Request,
        staff: Staff,
        text: str,
        why: str,
        *,
        planned: Plan | None = None,
        refusal: Refusal | None = None,
    ) -> Response:
        faults = refusal.faults if isinstance(refusal, RegistrationRefused) else ()
        return self._console.page(
            request,
            staff,
            "admin/portal_change.html",
            refusal=refusal,
            back=PATH,
            text=text,
            why=why,
            faults=faults,
            planned=planned,
            form_id=new_id(self._parts.clock.now()),
        )


def _propose(
    db: Unit, new: list[NewPortal], staff: Staff, why: str, form: UUID | None, *, now: datetime
) -> tuple[Plan, Submitted[None]]:
    actor = still_may(db, staff, Permission.CHANGE_PORTALS, now=now)
    planned = plan(db, new, now=now)
    return planned, portal_changes.propose_portals(db, planned, actor=actor, why=why, form=form, now=now)
