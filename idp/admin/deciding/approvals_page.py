"""The pages under /admin/approvals: what waits for a second person, and what was done without one."""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp import approvals
from idp.admin.acting import act_as
from idp.admin.deciding import carrying_out
from idp.admin.deciding.shown_proposals import shown
from idp.admin.entrance import HOME, StaffEntrance
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.shown_staff import Named, all_named
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.parts import Parts
from idp.storage import Unit

PATH: Final = f"{HOME}/approvals"


class ApprovalPages:
    """The list, a proposal with all that it would do, and what may be decided about it."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """Two pages and the four forms of the second."""
        one = f"{PATH}/{{id:uuid}}"
        return [
            Route(PATH, self.show_all, methods=["GET"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/approve", self.approve, methods=["POST"]),
            Route(f"{one}/refuse", self.refuse, methods=["POST"]),
            Route(f"{one}/break-glass", self.break_glass, methods=["POST"]),
            Route(f"{one}/review", self.review, methods=["POST"]),
        ]

    async def show_all(self, request: Request) -> Response:
        """GET: all of them for those who may see who is staff; their own for everybody else who can propose."""
        staff = await self._entrance.admit(request, None)
        if isinstance(staff, Response):
            return staff
        now = self._parts.clock.now()
        found = await self._parts.database.read(_visible, self._parts, staff, now=now)
        return self._console.page(
            request,
            staff,
            "admin/approvals.html",
            to_review=[(each, who) for each, who in found if each.awaits_review],
            open=[(each, who) for each, who in found if each.is_open(now)],
            over=[(each, who) for each, who in found if not each.is_open(now) and not each.awaits_review],
        )

    async def show(self, request: Request) -> Response:
        """GET: one of them."""
        staff = await self._entrance.admit(request, None)
        return staff if isinstance(staff, Response) else await self._page(request, staff)

    async def approve(self, request: Request) -> Response:
        """POST: approve it, and have it carried out. The proposer is refused, and that is recorded."""
        await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.APPROVE)
        if isinstance(staff, Response):
            return staff
        parts, now, proposal_id = self._parts, self._parts.clock.now(), request.path_params["id"]
        proposal = await self._find(staff, proposal_id)
        try:
            work = await carrying_out.prepared(parts, proposal, actor=staff.actor, now=now)
            await parts.database.run(carrying_out.approve, proposal_id, work, member=staff, now=now)
        except Refusal as refusal:
            return await self._page(request, staff, refusal)
        return _back(proposal_id)

    async def refuse(self, request: Request) -> Response:
        """POST: decide against it, or withdraw one's own."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, None)
        if isinstance(staff, Response):
            return staff
        now, proposal_id, why = self._parts.clock.now(), request.path_params["id"], fields.get("why", "")
        proposal = await self._find(staff, proposal_id)
        try:
            await self._parts.database.run(carrying_out.refuse, proposal, member=staff, why=why, now=now)
        except Refusal as refusal:
            return await self._page(request, staff, refusal)
        return _back(proposal_id)

    async def break_glass(self, request: Request) -> Response:
        """POST: have it carried out at once; another person reviews it."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.APPROVE)
        if isinstance(staff, Response):
            return staff
        parts, now, proposal_id = self._parts, self._parts.clock.now(), request.path_params["id"]
        proposal = await self._find(staff, proposal_id)
        try:
            work = await carrying_out.prepared(parts, proposal, actor=staff.actor, now=now)
            await parts.database.run(
                carrying_out.break_glass, proposal_id, work, member=staff, why=fields.get("why", ""), now=now
            )
        except Refusal as refusal:
            return await self._page(request, staff, refusal)
        return _back(proposal_id)

    async def review(self, request: Request) -> Response:
        """POST: say that another person has looked at what was done at once."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.REVIEW)
        if isinstance(staff, Response):
            return staff
        now, proposal_id, note = self._parts.clock.now(), request.path_params["id"], fields.get("note", "")
        await self._find(staff, proposal_id)
        try:
            looked_at = partial(approvals.review, proposal_id=proposal_id, note=note)
            await self._parts.database.run(act_as, staff, Permission.REVIEW, looked_at, now=now)
        except Refusal as refusal:
            return await self._page(request, staff, refusal)
        return _back(proposal_id)

    async def _find(self, staff: Staff, proposal_id: UUID) -> approvals.Proposal:
        proposal = await self._parts.database.read(approvals.find, proposal_id)
        if proposal is None or not _may_see(staff, proposal):
            raise HTTPException(404)
        return proposal

    async def _page(self, request: Request, staff: Staff, refusal: Refusal | None = None) -> Response:
        proposal_id = request.path_params["id"]
        proposal = await self._find(staff, proposal_id)
        now, may_approve = self._parts.clock.now(), staff.may(Permission.APPROVE)
        is_own, is_open = proposal.proposed_by == staff.actor, proposal.is_open(now)
        return self._console.page(
            request,
            staff,
            "admin/approval.html",
            refusal=refusal,
            back=f"{PATH}/{proposal_id}",
            each=await self._parts.database.read(shown, self._parts, proposal),
            is_open=is_open,
            is_own=is_own,
            may_approve=is_open and may_approve and not is_own,
            may_refuse=is_open and (may_approve or is_own),
            may_break_glass=is_open and may_approve,
            may_review=proposal.awaits_review and staff.may(Permission.REVIEW) and proposal.decided_by != staff.actor,
        )


def _may_see(staff: Staff, proposal: approvals.Summary) -> bool:
    return staff.may(Permission.SEE_STAFF) or proposal.proposed_by == staff.actor


def _visible(db: Unit, parts: Parts, staff: Staff, *, now: datetime) -> list[tuple[approvals.Summary, Named]]:
    seen = [each for each in approvals.listed(db, now=now) if _may_see(staff, each)]
    called = all_named(db, parts.keyring, parts.portals, {each.proposed_by for each in seen})
    return [(each, called[each.proposed_by]) for each in seen]


def _back(proposal_id: UUID) -> Response:
    return RedirectResponse(f"{PATH}/{proposal_id}", status_code=303)
