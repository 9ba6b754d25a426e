"""The one way to somebody's pages in the console: looked up by this staff session, within a quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from idp.admin.entrance import StaffEntrance
from idp.admin.people.lookup import LookUp, LookUpOver, followed
from idp.admin.people.provinces_of import province_of
from idp.admin.people.search import SearchPage
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.parts import Parts
from idp.sealing import Keyring
from idp.storage import Unit
from idp.web.answers import NoSuchPage


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who looks at whom, and by which look-up."""

    staff: Staff
    account_id: UUID
    look_up: LookUp


class PersonEntrance:
    """Lets staff through to the account in the address, which is nobody's page for everybody else."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, search: SearchPage) -> None:
        self._parts = parts
        self._entrance = entrance
        self._search = search

    async def admit(self, request: Request, permission: Permission) -> Admitted | Response:
        """The look-up, or the answer to give instead. Raises `NoSuchPage` for whoever was not looked up here, or lives
        elsewhere by now, and what `StaffEntrance.admit` raises."""
        parts, staff = self._parts, await self._entrance.admit(request, permission)
        if isinstance(staff, Response):
            return staff
        account_id: UUID = request.path_params["account"]
        try:
            found = await parts.database.read(reached, parts.keyring, staff, account_id, now=parts.clock.now())
        except LookUpOver as over:
            return self._search.again(request, staff, over)
        return Admitted(staff, account_id, found)


def reached(db: Unit, keyring: Keyring, staff: Staff, account_id: UUID, *, now: datetime) -> LookUp:
    """The look-up by which this member of staff may see the account; raises `NoSuchPage` and `LookUpOver`."""
    found = followed(db, staff, account_id, now=now)
    if found is None or not staff.reaches(province_of(db, keyring, account_id)):
        raise NoSuchPage
    return found
