"""POST /par (RFC 9126): a portal leaves its request here, and sends the browser with nothing but its name."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.events import AuthorizationRefused
from idp.audit.record import record
from idp.errors import Refusal
from idp.keys import SigningKeys
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.protocol.answers import JsonResponse, OAuthError, json_refusal
from idp.protocol.authlib_server import Server
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.hints import hinted_sub
from idp.protocol.request_objects import PARAMETERS, RequestObjects
from idp.protocol.token_request import TokenRequest, spend_proof
from idp.sign_in import lanes, throttling
from idp.sign_in.browser import CountedAddresses
from idp.storage import Unit
from idp.tokens import pushed
from idp.web.client_address import Address
from idp.web.forms import Fields

_MOST_KEPT: Final = 8192  # characters: a request by the browser has to fit into a head


class PushedRequestEndpoint:
    """Takes requests that would be good at /authorize, from the portals they are of."""

    def __init__(self, parts: Parts, server: Server, request_objects: RequestObjects) -> None:
        self._parts = parts
        self._server = server
        self._request_objects = request_objects
        self._addresses = CountedAddresses(parts.settings)

    def routes(self) -> list[Route]:
        """POST only (§2.1)."""
        return [Route("/par", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """One request, one transaction."""
        headers: Any = {}
        try:
            asked = await self._server.calls.read(request)
            headers = asked.answer_headers
            now = self._parts.clock.now()
            by = partial(self._addresses.of, request)
            name = await self._parts.database.run(push, self._server, self._request_objects, asked, by, now=now)
        except Refusal as refusal:
            response = json_refusal(refusal)
            response.headers.update(headers)
            return response
        lifetime = int(pushed.LIFETIME.total_seconds())
        return JsonResponse({"request_uri": name, "expires_in": lifetime}, 201, headers)


def push(
    db: Unit,
    server: Server,
    request_objects: RequestObjects,
    asked: TokenRequest,
    by: Callable[[], Address | None],
    *,
    now: datetime,
) -> str:
    """The unit: the `request_uri`; raises `OAuthError`. Whatever is wrong is said here, and not to a browser (§2.3).

    `by` gives the address that is counted for an app, which proves nothing; `TooManyTries` when it pushed too many.
    """
    portal = server.authenticator.asker(db, asked, by_name_alone=True, now=now)
    if portal.is_public and (address := by()) is not None:
        throttling.take(db, lanes.of_site(lanes.PUSHED, server.keyring, address), now=now)
    spend_proof(db, asked)
    try:
        fields = _checked(server.keys, server.settings.issuer, request_objects, asked, portal, now=now)
    except OAuthError as error:
        event = AuthorizationRefused(error=error.error, reason=error.reason or error.error)
        record(db, event, now=now, portal_id=portal.id)
        raise
    jkt = asked.proof.thumbprint if asked.proof else None
    return pushed.push(db, server.keyring, portal.id, fields, dpop_jkt=jkt, now=now)


def _checked(
    keys: SigningKeys,
    issuer: str,
    request_objects: RequestObjects,
    asked: TokenRequest,
    portal: Portal,
    *,
    now: datetime,
) -> Fields:
    if "request_uri" in asked.fields:
        raise OAuthError("invalid_request", "A pushed request cannot point to another (RFC 9126)")
    if asked.fields.get("client_id", portal.client_id) != portal.client_id:
        raise OAuthError("invalid_request", "client_id differs from the one that authenticates")
    fields = request_objects.unpacked({**asked.fields, "client_id": portal.client_id}, portal, now=now)
    fields = {name: value for name, value in fields.items() if name in PARAMETERS}
    if sum(map(len, fields.values())) > _MOST_KEPT:
        raise OAuthError("invalid_request", f"The request has more than {_MOST_KEPT} characters")
    if not portal.accepts_redirect(fields.get("redirect_uri", "")):
        raise OAuthError("invalid_request", "redirect_uri is not one that this portal has registered")
    hinted = hinted_sub(keys, fields, portal, issuer=issuer, now=now)
    AuthorizationRequest.read(fields, portal, hinted_sub=hinted, issuer=issuer)
    if asked.proof is not None and fields.get("dpop_jkt", asked.proof.thumbprint) != asked.proof.thumbprint:
        raise OAuthError("invalid_dpop_proof", "dpop_jkt is not the thumbprint of the proof's key", reason="jkt")
    return fields
