"""/oauth2/authorize, /oauth2/token and /oauth2/userinfo: where portals of VNConnect found it, for those alone.

Behind them are the endpoints themselves. A portal that is not lax in that (`old_addresses`) is refused with 404: it
goes by discovery. What names no portal is refused as the endpoint itself refuses it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.errors import Kind, Refusal
from idp.parts import Parts
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.protocol import portal_authentication
from idp.protocol.answers import OAuthError
from idp.protocol.authlib_server import Server
from idp.protocol.authorize import AuthorizeEndpoint
from idp.protocol.bearer import BearerError
from idp.protocol.parameters import in_query
from idp.protocol.token import TokenEndpoint
from idp.protocol.token_request import TokenRequest
from idp.protocol.userinfo import UserinfoEndpoint
from idp.tokens.access import AccessToken
from idp.web.error_pages import error_redirect
from idp.web.references import reference_of

AUTHORIZE, TOKEN, USERINFO = "/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo"
_ELSEWHERE = "This address is for portals of the old interface; discovery names the one to use"


class OldAddressRefused(Refusal):
    """A portal sent somebody to /oauth2/authorize that is not registered for the old interface.

    Operator: its developer takes the addresses from discovery; `idp portals show` lists what the portal is lax in.
    """

    code = "old_address"
    kind = Kind.NOT_FOUND


class OldAuthorize:
    """/oauth2/authorize by GET; forms were never posted there."""

    def __init__(self, parts: Parts, endpoint: AuthorizeEndpoint) -> None:
        self._parts = parts
        self._endpoint = endpoint

    def routes(self) -> list[Route]:
        """One."""
        return [Route(AUTHORIZE, self.get, methods=["GET"])]

    async def get(self, request: Request) -> Response:
        """The endpoint's own answer, or that this is not its portal's address."""
        parts, now = self._parts, self._parts.clock.now()
        try:
            portal = parts.portals.get(in_query(request, multiline=("claims",)).get("client_id", ""))
        except Refusal:  # which the endpoint meets again, and says what is wrong
            portal = None
        if portal is not None:
            if Laxity.OLD_ADDRESSES not in portal.laxities:
                return error_redirect(OldAddressRefused(), reference_of(request))
            await parts.portals.laxity_uses.note(parts.database, portal, [Laxity.OLD_ADDRESSES], now=now)
        return await self._endpoint.get(request)


class OldToken(TokenEndpoint):
    """/oauth2/token."""

    def routes(self) -> list[Route]:
        """POST only."""
        return [Route(TOKEN, self.post, methods=["POST"])]

    async def _read(self, request: Request) -> TokenRequest:
        asked = await super()._read(request)
        named = portal_authentication.read(asked.fields, asked.authorization).client_id
        portal = self._parts.portals.get(named)
        if portal is not None and Laxity.OLD_ADDRESSES not in portal.laxities:
            raise OAuthError("invalid_request", _ELSEWHERE, status=404, reason=OldAddressRefused.code)
        return asked


class OldUserinfo(UserinfoEndpoint):
    """/oauth2/userinfo."""

    def routes(self) -> list[Route]:
        """Both methods."""
        return [Route(USERINFO, self.answer, methods=["GET", "POST"])]

    def _portal_of(self, token: AccessToken) -> Portal:
        portal = super()._portal_of(token)
        if Laxity.OLD_ADDRESSES not in portal.laxities:
            raise BearerError(404, "invalid_request", _ELSEWHERE)
        return portal


def old_addresses(parts: Parts, server: Server, authorize: AuthorizeEndpoint) -> list[Route]:
    """All three."""
    return [
        *OldAuthorize(parts, authorize).routes(),
        *OldToken(parts, server).routes(),
        *OldUserinfo(parts, server.seals).routes(),
    ]
