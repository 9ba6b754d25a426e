"""The pages under /admin/staff: who may come into the console, and proposing that somebody may, or may no more."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.accounts.finding import find_by_number
from idp.admin import staff as members
from idp.admin.acting import act_as
from idp.admin.entrance import HOME, StaffEntrance
from idp.admin.form_ids import form_id
from idp.admin.roles import Permission, Role
from idp.admin.shell import Console
from idp.admin.shown_staff import all_named, province_named
from idp.admin.staff import Staff, StaffUnfit, StaffUnknown
from idp.admin.staff_changes import Addition, NobodyToEmploy, submit_addition, submit_removal
from idp.approvals import Submitted
from idp.errors import Refusal
from idp.parts import Parts
from idp.register import citizen_number
from idp.register.citizen_number import BadCitizenNumber
from idp.register.provinces import provinces
from idp.storage import Unit
from idp.storage.identifiers import new_id
from idp.web.forms import Fields

PATH: Final = f"{HOME}/staff"


@dataclass(frozen=True, slots=True)
class Listed:
    """A member of staff as the list shows them."""

    member: Staff
    name: str = field(repr=False)
    province: str


class StaffPage:
    """The list, and the two forms."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """A page, and what is proposed on it."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(f"{PATH}/add", self.add, methods=["POST"]),
            Route(f"{PATH}/remove", self.remove, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """GET: everybody."""
        staff = await self._entrance.admit(request, Permission.SEE_STAFF)
        return staff if isinstance(staff, Response) else await self._page(request, staff)

    async def add(self, request: Request) -> Response:
        """POST: propose somebody, by number (a person) or client_id (a program)."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.CHANGE_STAFF)
        if isinstance(staff, Response):
            return staff
        try:
            wanted = await self._wanted(fields)
            proposing = partial(submit_addition, wanted=wanted, why=fields.get("why", ""), form=form_id(fields))
            submitted = await self._submit(staff, proposing)
        except Refusal as refusal:
            return await self._page(request, staff, refusal, fields)
        return _answer(submitted)

    async def remove(self, request: Request) -> Response:
        """POST: propose that somebody is staff no more."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.CHANGE_STAFF)
        if isinstance(staff, Response):
            return staff
        try:
            proposing = partial(
                submit_removal, staff_id=_chosen(fields), why=fields.get("why", ""), form=form_id(fields)
            )
            submitted = await self._submit(staff, proposing)
        except Refusal as refusal:
            return await self._page(request, staff, refusal, fields)
        return _answer(submitted)

    async def _submit(self, staff: Staff, proposing: Callable[..., Submitted[Any]]) -> Submitted[Any]:
        now = self._parts.clock.now()
        return await self._parts.database.run(act_as, staff, Permission.CHANGE_STAFF, proposing, now=now)

    async def _wanted(self, fields: Fields) -> Addition:
        """What the form says; raises `StaffUnfit` for no such role, `NobodyToEmploy` for nobody."""
        try:
            role = Role(fields.get("role", ""))
        except ValueError:
            raise StaffUnfit("no_such_role") from None
        province, who = fields.get("province") or None, fields.get("who", "").strip()
        portal = self._parts.portals.get(who)
        if portal is not None:
            return Addition(role, province, portal_id=portal.id)
        try:
            number = citizen_number.parse(who)
        except BadCitizenNumber:
            raise NobodyToEmploy from None
        account = await self._parts.database.read(find_by_number, self._parts.keyring, number)
        if account is None:
            raise NobodyToEmploy
        return Addition(role, province, account_id=account.id)

    async def _page(
        self, request: Request, staff: Staff, refusal: Refusal | None = None, fields: Fields | None = None
    ) -> Response:
        now = self._parts.clock.now()
        return self._console.page(
            request,
            staff,
            "admin/staff.html",
            refusal=refusal,
            back=PATH,
            listed=await self._parts.database.read(_everybody, self._parts),
            roles=list(Role),
            provinces=sorted(provinces().values(), key=lambda province: province.code),
            may_change=staff.may(Permission.CHANGE_STAFF),
            fields=fields or {},
            form_id=new_id(now),
        )


def _everybody(db: Unit, parts: Parts) -> list[Listed]:
    everybody = members.everybody(db)
    called = all_named(db, parts.keyring, parts.portals, [member.actor for member in everybody])
    return [Listed(member, called[member.actor].name, province_named(member.province)) for member in everybody]


def _chosen(fields: Fields) -> UUID:
    try:
        return UUID(fields.get("staff", ""))
    except ValueError:
        raise StaffUnknown("no_id") from None


def _answer(submitted: Submitted[Any]) -> Response:
    """To the proposal; to the list again where it was done at once."""
    there = f"{HOME}/approvals/{submitted.proposal_id}" if submitted.proposal_id else PATH
    return RedirectResponse(there, status_code=303)
