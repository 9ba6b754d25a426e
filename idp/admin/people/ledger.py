"""The pages at /admin/acts: what was done lately, and which portals have taken it, as it happens.

A ledger is loaded anew while something is under way: its part of the page by a script, the whole page by the browser
where no script runs. After ten minutes whoever looks presses for it: a portal that is down may take a day, and a page
that is left open must not keep a staff session alive.

The list says what was done and when, and nothing of whom it was done to or why: that is a reading of its own, which the
person sees.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin.entrance import StaffEntrance
from idp.admin.people.ledger_record import Ledger, done_by, latest, opened_ledger
from idp.admin.people.lookup import Enquiry, look_up
from idp.admin.people.lookup_wanted import By, Wanted
from idp.admin.people.purposes import Purpose
from idp.admin.people.shown_acts import shown_act
from idp.admin.people.shown_portals import ShownPortals
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.interventions.orders import Act
from idp.parts import Parts
from idp.signals.ledger import Receipt
from idp.web.content_policy import source_of
from idp.web.forms import read_query
from idp.web.languages import choose

PATH: Final = "/admin/acts"
LIVE_FOR: Final = timedelta(minutes=10)
EVERY: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """One portal's line. `portal` is None where its name is none of the viewer's business."""

    portal: str | None
    receipt: Receipt


class LedgerPages:
    """Lists acts, shows one with its receipts, and leads to taking it back."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """Two pages, and a form that leads on."""
        return [
            Route(PATH, self.show_list, methods=["GET"]),
            Route(f"{PATH}/{{act:uuid}}", self.show, methods=["GET"]),
            Route(f"{PATH}/{{act:uuid}}/undo", self.undo, methods=["POST"]),
        ]

    async def show_list(self, request: Request) -> Response:
        """GET: what was done within this member's reach, newest first, with `before` for what is older."""
        before = _id(read_query(request).get("before", ""))
        parts, staff = self._parts, await self._entrance.admit(request, Permission.SEE_ACCOUNTS)
        if isinstance(staff, Response):
            return staff
        found, older = await parts.database.read(latest, parts.keyring, staff, before=before)
        portals = ShownPortals(parts.portals, staff, choose(request))
        acts = [shown_act(each, portals) for each in found]
        return self._console.page(
            request, staff, "admin/ledger_list.html", acts=acts, older=older, is_newest=before is None
        )

    async def show(self, request: Request) -> Response:
        """GET: the ledger of one act."""
        parts, staff = self._parts, await self._entrance.admit(request, Permission.SEE_ACCOUNTS)
        if isinstance(staff, Response):
            return staff
        ledger = await opened_ledger(parts, staff, request.path_params["act"])
        portals = ShownPortals(parts.portals, staff, choose(request))
        shown = shown_act(ledger.act, portals)
        is_young = parts.clock.now() - ledger.act.made_at < LIVE_FOR
        return self._console.page(
            request,
            staff,
            "admin/ledger.html",
            connect=[source_of(parts.settings.admin_url or parts.settings.issuer)],
            shown=shown,
            ledger=ledger,
            by=await parts.database.read(done_by, parts.keyring, parts.portals, ledger.act),
            lines=[ShownReceipt(portals.name(each.portal_id), each) for each in ledger.receipts],
            is_live=is_young and not ledger.is_settled,
            every=int(EVERY.total_seconds()),
            may_undo=_may_undo(staff, ledger) and shown.place.is_within_reach,
        )

    async def undo(self, request: Request) -> Response:
        """POST: to the form that takes the act back. It opens the person's pages, so it is a look-up like any other."""
        parts, now = self._parts, self._parts.clock.now()
        await parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.UNDO)
        if isinstance(staff, Response):
            return staff
        ledger = await opened_ledger(parts, staff, request.path_params["act"])
        enquiry = Enquiry(staff, Purpose.REVIEW, str(ledger.act.id))
        wanted = Wanted(By.ACCOUNT, str(ledger.act.account_id))
        account_id = await parts.database.run(look_up, parts.keyring, enquiry, wanted, now=now)
        form = f"/admin/people/{account_id}/act/{Act.RESTORE}?undoes={ledger.act.id}"
        return RedirectResponse(form, status_code=303)


def _may_undo(staff: Staff, ledger: Ledger) -> bool:
    return staff.may(Permission.UNDO) and ledger.act.holds


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
