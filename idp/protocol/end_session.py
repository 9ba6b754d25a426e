"""/end-session (OpenID Connect RP-Initiated Logout 1.0) and signing out from our own pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.errors import Kind, Refusal
from idp.keys import ALGORITHMS, SigningKeys, TokenInvalid
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.protocol.parameters import in_body, in_query
from idp.protocol.posted import PostedRequests
from idp.protocol.return_address import with_parameters
from idp.protocol.signing_out import Farewell, sign_out, sign_out_hinted
from idp.tokens import id_tokens
from idp.web.cookie_jar import SESSION
from idp.web.error_pages import error_redirect
from idp.web.references import reference_of

_POSTED_LIVES = timedelta(minutes=1)


class SignOutRequestRefused(Refusal):
    """A portal's sign-out request has a hint that is not its own, or an address it has not registered.

    Operator: compare `post_logout_redirect_uris` in the portal's file with what its developer uses, to the letter.
    """

    code = "sign_out_request_refused"
    kind = Kind.BAD_INPUT


@dataclass(frozen=True, slots=True)
class SignOutRequest:
    """A request that may be followed. `sub` is whom the hint names; without a portal a person just wants to sign
    out."""

    portal: Portal | None
    sub: str | None
    return_to: str | None

    @classmethod
    def read(
        cls, fields: Mapping[str, str], *, portals: Portals, keys: SigningKeys, issuer: str, now: datetime
    ) -> Self:
        """Check hint and address; raises `SignOutRequestRefused`. An old hint is good: sessions outlive ID tokens
        (§4)."""
        hint, address = fields.get("id_token_hint"), fields.get("post_logout_redirect_uri")
        if hint is None:
            if address is not None:
                raise SignOutRequestRefused("address_without_hint")
            return cls(portals.get(fields.get("client_id", "")), None, None)
        claims = _verified(hint, keys, issuer, now=now)
        portal = portals.get(str(claims["aud"]))
        if portal is None or fields.get("client_id", portal.client_id) != portal.client_id:
            raise SignOutRequestRefused("hint_of_another_portal")
        if address is not None and address not in portal.post_logout_redirect_uris:
            raise SignOutRequestRefused("address_not_registered")
        return cls(portal, str(claims["sub"]), _with_state(address, fields.get("state")))


def _verified(hint: str, keys: SigningKeys, issuer: str, *, now: datetime) -> dict[str, Any]:
    try:
        return id_tokens.read_hint(keys, hint, algorithms=ALGORITHMS, issuer=issuer, audience=None, now=now)
    except TokenInvalid as refusal:
        raise SignOutRequestRefused(refusal.reason) from None


def _with_state(address: str | None, state: str | None) -> str | None:
    return with_parameters(address, {"state": state}) if address and state is not None else address


class EndSessionEndpoint:
    """Signs a browser out: at once for a portal that proves whom it means, else after asking."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._farewell = Farewell(parts)
        self._posted = PostedRequests(parts.keyring, "/end-session", _POSTED_LIVES)

    def routes(self) -> list[Route]:
        """Both methods are required (§2); the question and the end have paths of their own."""
        return [
            Route("/end-session", self.get, methods=["GET"]),
            Route("/end-session", self.post, methods=["POST"]),
            Route("/sign-out", self.ask, methods=["GET"]),
            Route("/sign-out", self.confirm, methods=["POST"]),
            Route("/signed-out", self.signed_out, methods=["GET"]),
        ]

    async def post(self, request: Request) -> Response:
        """The same by GET."""
        try:
            return self._posted.go_around(await in_body(request), now=self._parts.clock.now())
        except Refusal as refusal:
            return error_redirect(refusal, reference_of(request))

    async def get(self, request: Request) -> Response:
        """A portal's request, or a person's own wish."""
        now = self._parts.clock.now()
        try:
            asked = SignOutRequest.read(
                self._posted.read(in_query(request), now=now),
                portals=self._parts.portals,
                keys=self._parts.keys,
                issuer=self._parts.settings.issuer,
                now=now,
            )
        except Refusal as refusal:
            return error_redirect(refusal, reference_of(request))
        secret = SESSION.read(request)
        if asked.sub is None or asked.portal is None:
            return RedirectResponse("/sign-out" if secret else "/signed-out", status_code=303)
        settings, database = self._parts.settings, self._parts.database
        met = await database.run(sign_out_hinted, settings, secret, asked.portal, asked.sub, now=now)
        if met is not None:
            return self._farewell.answer(request, met, asked.return_to)
        # Somebody else is signed in here by now: they are asked, and the portal's person is signed out already.
        return RedirectResponse("/sign-out", status_code=303)

    async def ask(self, request: Request) -> Response:
        """Whether to sign out: nobody else's link may do that to a person (OWASP ASVS 5.0 §10.6.2)."""
        return self._parts.pages.page(request, "protocol/sign_out.html")

    async def confirm(self, request: Request) -> Response:
        """The person said yes."""
        await self._parts.csrf.read_form(request)
        met = await self._parts.database.run(sign_out, SESSION.read(request), now=self._parts.clock.now())
        return self._farewell.answer(request, met, None)

    async def signed_out(self, request: Request) -> Response:
        """Nothing is left to do."""
        return self._parts.pages.page(request, "protocol/signed_out.html")
