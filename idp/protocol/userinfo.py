"""GET and POST /userinfo (OpenID Connect Core §5.3)."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.errors import Refusal
from idp.keys import TokenInvalid
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.protocol.answers import NO_STORE, JsonResponse, json_refusal
from idp.protocol.bearer import BearerError, read_token
from idp.protocol.person_claims import release
from idp.sessions import standing
from idp.storage import Unit
from idp.tokens import access, claims
from idp.tokens.access import AccessToken
from idp.tokens.terms import Terms


class UserinfoEndpoint:
    """Tells a portal what a person agreed to tell it, as long as the grant stands."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """Both methods are required (§5.3.1)."""
        return [Route("/userinfo", self.answer, methods=["GET", "POST"])]

    async def answer(self, request: Request) -> Response:
        """Verify the token, ask whether its grant still stands, and give what it is for."""
        now = self._parts.clock.now()
        try:
            token = self._verify(await read_token(request), now=now)
            portal = self._parts.portals.get(token.client_id)
            if portal is None:
                raise _invalid()
            # Only giving out the citizen number writes something down.
            database, may_write = self._parts.database, claims.NATIONAL_NUMBER in portal.scopes
            members = await (database.run if may_write else database.read)(self._members, token, portal, now=now)
        except BearerError as error:
            return error.answer()
        except Refusal as refusal:
            return json_refusal(refusal)
        return self._answer(members, portal, now=now)

    def _verify(self, token: str, *, now: datetime) -> AccessToken:
        try:
            return access.verify(self._parts.keys, token, issuer=self._parts.settings.issuer, now=now)
        except TokenInvalid:
            raise _invalid() from None

    def _members(self, db: Unit, token: AccessToken, portal: Portal, *, now: datetime) -> dict[str, Any]:
        grant = standing.grant(db, token.grant_id, province=portal.province, now=now)
        if grant is None or grant.portal_id != portal.id:
            raise _invalid()
        if "openid" not in token.scope:
            raise BearerError(403, "insufficient_scope", "The scope openid is needed")
        terms = Terms.read(grant.terms)
        told = release(
            db,
            self._parts.keyring,
            portal,
            grant.account_id,
            grant,
            token.scope,
            terms.userinfo_claims,
            where="userinfo",
            now=now,
        )
        return {"sub": terms.sub, **told}

    def _answer(self, members: dict[str, Any], portal: Portal, *, now: datetime) -> Response:
        if portal.userinfo_signed_response_alg is None:
            return JsonResponse(members)
        issued_at = int(now.timestamp())
        # §5.3.2: a signed answer says who it is from and for. It lives as long as an access token: `exp` is not
        # required, but a JWT without an end is one that somebody will replay.
        lifetime = int(self._parts.settings.access_token_lifetime.total_seconds())
        issuer, client_id = self._parts.settings.issuer, portal.client_id
        frame = {"iss": issuer, "aud": client_id, "iat": issued_at, "exp": issued_at + lifetime}
        signed = self._parts.keys.sign(portal.userinfo_signed_response_alg, {**members, **frame})
        return Response(signed, headers=NO_STORE, media_type="application/jwt")


def _invalid() -> BearerError:
    return BearerError(401, "invalid_token", "The access token is not valid")
