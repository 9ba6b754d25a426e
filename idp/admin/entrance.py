"""The one way into the console: a member of staff, whose role may do what is asked for."""

from datetime import datetime
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.accounts.issuing import admit
from idp.admin import staff_sessions
from idp.admin.refusals import NotPermitted
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.admin.staff_sessions import COOKIE, Ending
from idp.audit import record
from idp.audit.events import StaffNotPermitted
from idp.errors import Refusal
from idp.parts import Parts
from idp.storage import Unit

HOME: Final = "/admin"


class WayIn(Protocol):
    """What becomes of somebody who has not opened the console."""

    async def begin(self, request: Request) -> Response:
        """Lead them to the sign-in, and from there back to the path they asked for."""


class StaffEntrance:
    """Says who of the staff is there, or answers with the way to the sign-in."""

    def __init__(self, parts: Parts, way_in: WayIn) -> None:
        self._parts = parts
        self._way_in = way_in

    async def who(self, request: Request) -> Staff | None:
        """Whoever has the console open in this browser. Counts as a use of the session."""
        secret = COOKIE.read(request)
        if secret is None:
            return None
        return await self._parts.database.run(_current, secret, now=self._parts.clock.now())

    async def admit(self, request: Request, permission: Permission | None) -> Staff | Response:
        """The member of staff, or the answer to give instead: the sign-in, from which they come back to this path.

        Whoever sends a form and is not let in any more comes to the first page. Raises `NotPermitted` when the role may
        not do what is asked for; None asks for nothing but being staff.
        """
        member = await self.who(request)
        if member is None:
            if request.method == "POST":
                return RedirectResponse(HOME, status_code=303)
            return await self._way_in.begin(request)
        if permission is not None and not member.may(permission):
            await self._parts.database.run(_refuse, member, permission, now=self._parts.clock.now())
        return member


def _current(db: Unit, secret: str, *, now: datetime) -> Staff | None:
    row = staff_sessions.current(db, secret, now=now)
    if row is None:
        return None
    try:
        admit(db, row.account_id, row, portal_id=None, province=None, session_opened_at=row.opened_at, now=now)
    except Refusal:
        staff_sessions.end(db, secret, Ending.ACCOUNT_UNUSABLE, now=now)
        return None
    return Staff.of(row, session_id=row.id)


def _refuse(db: Unit, member: Staff, permission: Permission, *, now: datetime) -> None:
    event = StaffNotPermitted(staff_id=member.id, permission=permission)
    record(db, event, account_id=member.account_id, actor=member.actor, now=now)
    raise NotPermitted(permission)
