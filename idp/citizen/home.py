"""The page at /: what this is, and the ways in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.citizen.entrance import Entrance
from idp.parts import Parts


class HomePage:
    """For people who typed the address, or whom an error page sent here. Portals send nobody to it."""

    def __init__(self, parts: Parts, entrance: Entrance) -> None:
        self._parts = parts
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """GET /."""
        return [Route("/", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """Other ways for whoever is signed in than for everybody else."""
        is_signed_in = await self._entrance.who(request) is not None
        return self._parts.pages.page(request, "citizen/home.html", is_signed_in=is_signed_in)
