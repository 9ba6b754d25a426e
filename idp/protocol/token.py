"""POST /token (RFC 6749 §3.2)."""

from datetime import datetime
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.events import TokensRefused
from idp.audit.record import record
from idp.errors import Refusal
from idp.parts import Parts
from idp.protocol.answers import JsonResponse, OAuthError, json_error, json_refusal
from idp.protocol.authlib_server import Answer, Request, Server
from idp.protocol.client_credentials_grant import OwnGrant
from idp.protocol.code_grant import CodeGrant, S256Only
from idp.protocol.refresh_grant import RefreshGrant
from idp.protocol.token_request import GRANT_TYPES, TokenRequest
from idp.storage import Unit


def register_grants(server: Server) -> None:
    """One for each of `GRANT_TYPES`."""
    server.register_grant(CodeGrant, [S256Only()])
    server.register_grant(RefreshGrant)
    server.register_grant(OwnGrant)


class TokenEndpoint:
    """Exchanges codes, refresh tokens and a portal's own credentials for tokens."""

    def __init__(self, parts: Parts, server: Server) -> None:
        self._parts = parts
        self._server = server

    def routes(self) -> list[Route]:
        """POST only: a GET would put secrets into addresses."""
        return [Route("/token", self.post, methods=["POST"])]

    async def post(self, request: HttpRequest) -> Response:
        """One request, one transaction."""
        try:
            asked = await self._read(request)
            answer = await self._parts.database.run(answer_token, self._server, asked, now=self._parts.clock.now())
        except Refusal as refusal:
            return json_refusal(refusal)
        if answer.error is not None:
            response = json_error(answer.error)
            response.headers.update(asked.answer_headers)
            return response
        return JsonResponse(answer.body, answer.status, asked.answer_headers)

    async def _read(self, request: HttpRequest) -> TokenRequest:
        return await self._server.calls.read(request)


def answer_token(db: Unit, server: Server, asked: TokenRequest, *, now: datetime) -> Answer:
    """The unit: Authlib's grant, and the audit row of a refusal. A grant writes its own when it succeeds."""
    request = Request(db, asked, now=now)
    answer = server.token_answer(request)
    if answer.error is not None:
        portal: Any = request.client.portal.id if request.client else None
        record(db, _refused(asked, answer.error), now=now, portal_id=portal)
    return answer


def _refused(asked: TokenRequest, error: OAuthError) -> TokensRefused:
    grant_type = asked.fields.get("grant_type", "none")
    known = grant_type if grant_type in GRANT_TYPES else "another"
    return TokensRefused(grant_type=known, error=error.error, reason=error.reason)
