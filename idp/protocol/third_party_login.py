"""Signing in that begins here and not at the portal (OpenID Connect Core §4): the portals that offer it, and the way
there.

The browser is only sent to the address that a portal registered for this, with our name. What the portal then asks is a
request like any other: a link to this place signs nobody in.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.parts import Parts
from idp.portals.members import is_client_id
from idp.portals.portal import Portal
from idp.portals.registering import PortalUnknown
from idp.protocol.return_address import with_parameters
from idp.web.alphabetical import alphabetical
from idp.web.languages import choose

PATH: Final = "/portals"


class ThirdPartyLogin:
    """A page of portals, and one address for each."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """GET only: nothing is changed here."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(f"{PATH}/{{client_id}}/sign-in", self.go, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """Those that people can begin from here, by name."""
        language = choose(request)
        found = sorted(filter(_is_offered, self._parts.portals), key=lambda portal: alphabetical(portal.name(language)))
        return self._parts.pages.page(request, "protocol/portals.html", portals=found)

    async def go(self, request: Request) -> Response:
        """303 to the portal, which learns who sends the person (`iss`) and nothing about them; raises
        `PortalUnknown`."""
        client_id: str = request.path_params["client_id"]
        portal = self._parts.portals.get(client_id) if is_client_id(client_id) else None
        if portal is None or not _is_offered(portal):
            raise PortalUnknown
        assert portal.initiate_login_uri is not None
        address = with_parameters(portal.initiate_login_uri, {"iss": self._parts.settings.issuer})
        return RedirectResponse(address, status_code=303)


def _is_offered(portal: Portal) -> bool:
    return portal.is_live and portal.initiate_login_uri is not None
