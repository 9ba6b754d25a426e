"""The page at /admin/keys: the keys that sign tokens, and proposing new ones."""

import asyncio
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin.acting import act_as
from idp.admin.entrance import HOME, StaffEntrance
from idp.admin.form_ids import form_id
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.keys import rotation
from idp.keys.algorithms import ALGORITHMS
from idp.keys.proposing import Rotation, submit_rotation
from idp.keys.rotation import State
from idp.parts import Parts
from idp.storage.identifiers import new_id

PATH: Final = f"{HOME}/keys"


class KeysPage:
    """The list, and the form."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """A page, and what is proposed on it."""
        return [Route(PATH, self.show, methods=["GET"]), Route(f"{PATH}/rotate", self.rotate, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: every key that is not dead."""
        staff = await self._entrance.admit(request, Permission.SEE_KEYS)
        return staff if isinstance(staff, Response) else await self._page(request, staff)

    async def rotate(self, request: Request) -> Response:
        """POST: propose new keys, of one algorithm or of all."""
        fields = await self._parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.CHANGE_KEYS)
        if isinstance(staff, Response):
            return staff
        parts, chosen = self._parts, fields.get("algorithm")
        wanted = Rotation((chosen,) if chosen in ALGORITHMS else tuple(ALGORITHMS), at_once="at_once" in fields)
        fresh = await asyncio.to_thread(wanted.make)
        try:
            proposing = partial(
                submit_rotation,
                keyring=parts.keyring,
                wanted=wanted,
                fresh=fresh,
                why=fields.get("why", ""),
                form=form_id(fields),
            )
            submitted = await parts.database.run(
                act_as, staff, Permission.CHANGE_KEYS, proposing, now=parts.clock.now()
            )
        except Refusal as refusal:
            return await self._page(request, staff, refusal)
        there = f"{HOME}/approvals/{submitted.proposal_id}" if submitted.proposal_id else PATH
        return RedirectResponse(there, status_code=303)

    async def _page(self, request: Request, staff: Staff, refusal: Refusal | None = None) -> Response:
        now = self._parts.clock.now()
        keys = await self._parts.database.read(rotation.every_key)
        return self._console.page(
            request,
            staff,
            "admin/keys.html",
            refusal=refusal,
            back=PATH,
            keys=[(key, key.state(now)) for key in keys if key.state(now) is not State.DEAD],
            algorithms=list(ALGORITHMS),
            may_change=staff.may(Permission.CHANGE_KEYS),
            form_id=new_id(now),
        )
