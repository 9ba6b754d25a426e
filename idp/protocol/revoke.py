"""POST /revoke (RFC 7009): a portal gives a token back."""

from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.events import TokenRevoked
from idp.audit.record import record
from idp.errors import Refusal
from idp.keys import TokenInvalid
from idp.parts import Parts
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.protocol import legacy_tokens
from idp.protocol.answers import NO_STORE, OAuthError, json_refusal
from idp.protocol.authlib_server import Server
from idp.protocol.token_request import TokenRequest
from idp.storage import Unit
from idp.tokens import access, grants, refresh


class RevocationEndpoint:
    """Whichever token comes back, the grant behind it ends: access and refresh tokens alike (§2.1)."""

    def __init__(self, parts: Parts, server: Server) -> None:
        self._parts = parts
        self._server = server

    def routes(self) -> list[Route]:
        """POST only."""
        return [Route("/revoke", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """200 also for a token that is none: it is as good as revoked (§2.2)."""
        try:
            asked = await self._server.calls.read(request)
            now = self._parts.clock.now()
            lax = await self._parts.database.run(revoke, self._server, asked, now=now)
            if lax is not None:
                uses = self._parts.portals.laxity_uses
                await uses.note(self._parts.database, lax, [Laxity.ID_TOKEN_REVOKES], now=now)
        except Refusal as refusal:
            return json_refusal(refusal)
        return Response(headers=NO_STORE)


def revoke(db: Unit, server: Server, asked: TokenRequest, *, now: datetime) -> Portal | None:
    """The unit. Another portal's token is left alone. The portal, where an ID token was taken from it."""
    portal = server.authenticator.asker(db, asked, by_name_alone=True, now=now)
    token = asked.fields.get("token")
    if not token:
        raise OAuthError("invalid_request", "The parameter token is missing")
    found = _refresh_grant(db, token, portal) or _access_grant(server, token, portal, now=now)
    if found is None:
        return _by_id_token(db, server, token, portal, now=now) if portal.laxities else None
    kind, grant_id, account_id = found
    if grants.end(db, grant_id, grants.Ending.REVOKED_BY_PORTAL, now=now):
        record(db, TokenRevoked(kind=kind, grant_id=grant_id), now=now, account_id=account_id, portal_id=portal.id)
    return None


def _by_id_token(db: Unit, server: Server, token: str, portal: Portal, *, now: datetime) -> Portal | None:
    if Laxity.ID_TOKEN_REVOKES not in portal.laxities:
        return None
    account_id, held = legacy_tokens.grants_behind_id_token(db, server, token, portal, now=now)
    for grant_id in held:
        if grants.end(db, grant_id, grants.Ending.REVOKED_BY_PORTAL, now=now):
            event = TokenRevoked(kind="id_token", grant_id=grant_id)
            record(db, event, now=now, account_id=account_id, portal_id=portal.id)
    return portal if account_id is not None else None


def _refresh_grant(db: Unit, token: str, portal: Portal) -> tuple[str, UUID, UUID | None] | None:
    known = refresh.find(db, token)
    if known is None or known.portal_id != portal.id:
        return None
    return "refresh_token", known.grant_id, known.account_id


def _access_grant(server: Server, token: str, portal: Portal, *, now: datetime) -> tuple[str, UUID, UUID | None] | None:
    try:
        read = access.verify(server.keys, token, issuer=server.settings.issuer, any_audience=True, now=now)
    except TokenInvalid:
        return None
    return ("access_token", read.grant_id, None) if read.client_id == portal.client_id else None
