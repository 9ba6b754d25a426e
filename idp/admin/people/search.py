"""The page at /admin/people: one person, looked up by the whole of something that names them, for a purpose."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.admin.entrance import StaffEntrance
from idp.admin.people import lookup
from idp.admin.people.lookup import Enquiry
from idp.admin.people.lookup_wanted import Wanted
from idp.admin.people.purposes import Purpose, read_case, read_purpose
from idp.admin.roles import Permission
from idp.admin.shell import Console
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.parts import Parts
from idp.web.forms import Fields

PATH: Final = "/admin/people"


class SearchPage:
    """Asks whom, and what for, and leads to their page. By POST alone: no number stands in an address or a log."""

    def __init__(self, parts: Parts, entrance: StaffEntrance, console: Console) -> None:
        self._parts = parts
        self._entrance = entrance
        self._console = console

    def routes(self) -> list[Route]:
        """A page and its form."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.look_up, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: the empty form."""
        staff = await self._entrance.admit(request, Permission.LOOK_UP)
        return staff if isinstance(staff, Response) else self._page(request, staff, {})

    async def look_up(self, request: Request) -> Response:
        """POST: to the account's page, or the form again with why not. What was looked for is not filled in again."""
        parts, now = self._parts, self._parts.clock.now()
        fields = await parts.csrf.read_form(request)
        staff = await self._entrance.admit(request, Permission.LOOK_UP)
        if isinstance(staff, Response):
            return staff
        try:
            purpose, case = read_purpose(fields.get("purpose", "")), read_case(fields.get("case", ""))
            enquiry = Enquiry(staff, purpose, case)
            wanted = Wanted.read(fields.get("wanted", ""))
            account_id = await parts.database.run(lookup.look_up, parts.keyring, enquiry, wanted, now=now)
        except Refusal as refusal:
            return self._page(request, staff, fields, refusal)
        return RedirectResponse(f"{PATH}/{account_id}", status_code=303)

    def again(self, request: Request, staff: Staff, refusal: Refusal) -> Response:
        """The empty form, with why somebody must be looked up anew."""
        return self._page(request, staff, {}, refusal)

    def _page(self, request: Request, staff: Staff, fields: Fields, refusal: Refusal | None = None) -> Response:
        return self._console.page(
            request,
            staff,
            "admin/search.html",
            refusal=refusal,
            back=PATH,
            purposes=list(Purpose),
            purpose=fields.get("purpose", ""),
            case=fields.get("case", ""),
        )
