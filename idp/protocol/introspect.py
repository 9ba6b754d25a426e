"""POST /introspect (RFC 7662, RFC 9701): is this token of mine still good?"""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.errors import Refusal
from idp.keys import TokenInvalid
from idp.parts import Parts
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.protocol import legacy_tokens
from idp.protocol.answers import JsonResponse, OAuthError, json_refusal
from idp.protocol.authlib_server import Server
from idp.protocol.signed_introspection import VARIES, is_wanted, signed_answer
from idp.protocol.token_request import TokenRequest
from idp.sessions import standing
from idp.storage import Unit
from idp.tokens import access, refresh
from idp.tokens.terms import Terms

INACTIVE: dict[str, Any] = {"active": False}


class IntrospectionEndpoint:
    """A portal learns about its own tokens; another's are as unknown to it as no token (§4)."""

    def __init__(self, parts: Parts, server: Server) -> None:
        self._parts = parts
        self._server = server

    def routes(self) -> list[Route]:
        """POST only (§2.1)."""
        return [Route("/introspect", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """One request, one transaction: an assertion's `jti` is spent in it."""
        try:
            asked = await self._server.calls.read(request)
            now = self._parts.clock.now()
            if (portal := legacy_tokens.asking_by_token(self._server, asked, now=now)) is not None:
                uses, database = self._parts.portals.laxity_uses, self._parts.database
                await uses.note(database, portal, [Laxity.TOKEN_INTROSPECTS_ITSELF], now=now)
                told = await database.read(legacy_tokens.introspect, self._server, asked, portal, now=now)
                return JsonResponse(told)
            asker, told = await self._parts.database.run(introspect, self._server, asked, now=now)
        except Refusal as refusal:
            return json_refusal(refusal)
        if not is_wanted(",".join(request.headers.getlist("accept")), asker):
            return JsonResponse(told, headers=VARIES)
        return signed_answer(self._parts.keys, told, asker, issuer=self._parts.settings.issuer, now=now)


def introspect(db: Unit, server: Server, asked: TokenRequest, *, now: datetime) -> tuple[Portal, dict[str, Any]]:
    """The unit: the portal that authenticated, and what it may know of the token."""
    portal = server.authenticator.asker(db, asked, by_name_alone=False, now=now)
    token = asked.fields.get("token")
    if not token:
        raise OAuthError("invalid_request", "The parameter token is missing")
    told = _of_refresh(db, server, token, portal, now=now) or _of_access(db, server, token, portal, now=now)
    return portal, told


def _of_refresh(db: Unit, server: Server, token: str, portal: Portal, *, now: datetime) -> dict[str, Any] | None:
    known = refresh.find(db, token)
    if known is None:
        return None
    grant = standing.grant(db, known.grant_id, province=portal.province, now=now)
    alive = known.replaced_at is None and known.expires_at > now and known.portal_id == portal.id
    if grant is None or not alive:
        return INACTIVE
    terms = Terms.read(grant.terms)
    return {
        "active": True,
        "scope": " ".join(terms.scope),
        "client_id": portal.client_id,
        "token_type": "refresh_token",
        "exp": int(known.expires_at.timestamp()),
        "iat": int(known.created_at.timestamp()),
        "sub": terms.sub,
        "iss": server.settings.issuer,
    }


def _of_access(db: Unit, server: Server, token: str, portal: Portal, *, now: datetime) -> dict[str, Any]:
    try:
        read = access.verify(server.keys, token, issuer=server.settings.issuer, any_audience=True, now=now)
    except TokenInvalid:
        return INACTIVE
    grant = standing.grant(db, read.grant_id, province=portal.province, now=now) or standing.own_grant(
        db, read.grant_id, now=now
    )
    if grant is None or grant.portal_id != portal.id:
        return INACTIVE
    return {
        "active": True,
        "scope": " ".join(value for value in Terms.read(grant.terms).scope if value in read.scope),
        "client_id": read.client_id,
        "token_type": read.token_type,
        "exp": read.expires_at,
        "iat": read.issued_at,
        "sub": read.sub,
        "aud": read.audience,
        "iss": server.settings.issuer,
        "jti": read.jti,
        **({"cnf": read.binding.confirmation} if read.binding else {}),
    }
