"""GET and POST /userinfo (OpenID Connect Core §5.3)."""

from datetime import datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.errors import Refusal
from idp.keys import TokenInvalid
from idp.parts import Parts
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.protocol import legacy_claims
from idp.protocol.answers import NO_STORE, JsonResponse, json_refusal
from idp.protocol.bearer import BearerError, read_token
from idp.protocol.person_claims import release
from idp.protocol.sealing_answers import Seal, Seals
from idp.sessions import standing
from idp.storage import Unit
from idp.tokens import access, claims
from idp.tokens.access import AccessToken
from idp.tokens.dpop import Proofs
from idp.tokens.holding import NotTheHolder, Presented, check_holder
from idp.tokens.terms import Terms
from idp.web.client_certificate import ClientCertificates

_WHY: Final = {
    "invalid_token": "The access token is not valid",
    "invalid_dpop_proof": "The DPoP proof is not valid",
    "use_dpop_nonce": "Repeat the nonce of the header DPoP-Nonce",
}


class UserinfoEndpoint:
    """Tells a portal what a person agreed to tell it, as long as the grant stands."""

    def __init__(self, parts: Parts, seals: Seals) -> None:
        self._parts = parts
        self._seals = seals
        self._certificates = ClientCertificates(parts.settings)
        self._proofs = Proofs(parts.keyring, parts.settings.portal_addresses)

    def routes(self) -> list[Route]:
        """Both methods are required (§5.3.1)."""
        return [Route("/userinfo", self.answer, methods=["GET", "POST"])]

    async def answer(self, request: Request) -> Response:
        """Verify the token, ask whether its grant still stands, and give what it is for."""
        now = self._parts.clock.now()
        headers: dict[str, str] = {}
        scheme = "bearer"
        try:
            presented = await read_token(request, self._certificates.of(request))
            scheme = presented.scheme
            if scheme == "dpop":
                headers["dpop-nonce"] = self._proofs.nonce(now=now)
            token = await self._verify(presented, now=now)
            portal = self._portal_of(token)
            if portal.laxities:
                used = legacy_claims.used(request, portal)
                await self._parts.portals.laxity_uses.note(self._parts.database, portal, used, now=now)
            seal = await self._seals.of_userinfo(portal)
            # Only giving out the citizen number writes something down.
            database, may_write = self._parts.database, claims.NATIONAL_NUMBER in portal.scopes
            members = await (database.run if may_write else database.read)(self._members, token, portal, now=now)
        except BearerError as error:
            return error.answer(scheme, headers)
        except Refusal as refusal:
            return json_refusal(refusal)
        response = self._answer(members, portal, seal, now=now)
        response.headers.update(headers)
        return response

    async def _verify(self, presented: Presented, *, now: datetime) -> AccessToken:
        """The token, in the hands of whom it was made for. A proof is spent before anything is given."""
        try:
            token = access.verify(self._parts.keys, presented.token, issuer=self._parts.settings.issuer, now=now)
            proof = check_holder(presented, token, self._proofs, now=now)
        except TokenInvalid:
            raise _invalid() from None
        except NotTheHolder as refused:
            raise BearerError(401, refused.error, _WHY[refused.error]) from None
        if proof is not None and not await proof.spend_alone(self._parts.database):
            raise BearerError(401, "invalid_dpop_proof", "The DPoP proof was used before")
        return token

    def _portal_of(self, token: AccessToken) -> Portal:
        portal = self._parts.portals.get(token.client_id)
        if portal is None:
            raise _invalid()
        return portal

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
        members = {"sub": terms.sub, **told}
        return legacy_claims.renamed(members, terms) if Laxity.OLD_CLAIMS in portal.laxities else members

    def _answer(self, members: dict[str, Any], portal: Portal, seal: Seal | None, *, now: datetime) -> Response:
        if portal.userinfo_signed_response_alg is None:
            return JsonResponse(members) if seal is None else _jwt(seal(orjson.dumps(members), holds_jwt=False))
        issued_at = int(now.timestamp())
        # §5.3.2: a signed answer says who it is from and for. It lives as long as an access token: `exp` is not
        # required, but a JWT without an end is one that somebody will replay.
        lifetime = int(self._parts.settings.access_token_lifetime.total_seconds())
        issuer, client_id = self._parts.settings.issuer, portal.client_id
        frame = {"iss": issuer, "aud": client_id, "iat": issued_at, "exp": issued_at + lifetime}
        signed = self._parts.keys.sign(portal.userinfo_signed_response_alg, {**members, **frame})
        return _jwt(signed if seal is None else seal(signed.encode(), holds_jwt=True))


def _jwt(token: str) -> Response:
    return Response(token, headers=NO_STORE, media_type="application/jwt")


def _invalid() -> BearerError:
    return BearerError(401, "invalid_token", _WHY["invalid_token"])
