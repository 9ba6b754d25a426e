"""The page at /account/devices: browsers that have a guess count of their own, because the person signed in there."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.citizen.entrance import Entrance
from idp.citizen.own_changes import changed_by
from idp.parts import Parts
from idp.sign_in import device_list

PATH: Final = "/account/devices"


class DevicesPage:
    """Lists them and forgets one."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """A page and its forms."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.forget, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """GET: the list."""
        parts, who = self._parts, await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        devices = await parts.database.read(device_list.remembered, who.account_id, now=parts.clock.now())
        return parts.pages.page(request, "citizen/devices.html", devices=devices)

    async def forget(self, request: Request) -> Response:
        """POST: forget the browser that the form names, if it is the person's."""
        parts = self._parts
        fields = await parts.csrf.read_form(request)
        who = await self._entrance.admit(request)
        if isinstance(who, Response):
            return who
        try:
            key = bytes.fromhex(fields.get("device", ""))
        except ValueError:
            key = b""
        await parts.database.run(changed_by, who, parts.clock.now(), device_list.forget, who.account_id, key)
        return RedirectResponse(PATH, status_code=303)
