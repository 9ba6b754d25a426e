"""The answer to /authorize: by redirect or by a form that the browser posts, always with `iss` (RFC 9207).

A portal that asks for it gets one signed parameter, `response`, in place of all others (JARM §2).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.keys import SigningKeys
from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError, error_members
from idp.protocol.return_address import ReturnAddress, with_parameters
from idp.web.content_policy import source_of
from idp.web.pages import Pages

_LIFETIME: Final = timedelta(minutes=2)


class AuthorizationResponses:
    """Sends browsers back to portals."""

    def __init__(self, pages: Pages, keys: SigningKeys, issuer: str) -> None:
        self._pages = pages
        self._keys = keys
        self._issuer = issuer

    def code(self, request: Request, address: ReturnAddress, code: str, *, now: datetime) -> Response:
        """A code."""
        return self._send(request, address, {"code": code}, now=now)

    def error(self, request: Request, address: ReturnAddress, error: OAuthError, *, now: datetime) -> Response:
        """An error."""
        return self._send(request, address, error_members(error), now=now)

    def _send(self, request: Request, address: ReturnAddress, members: Mapping[str, str], *, now: datetime) -> Response:
        state = {} if address.state is None else {"state": address.state}
        parameters = {**members, **state, "iss": self._issuer}
        if address.is_signed:
            parameters = {"response": self._signed(address.portal, parameters, now=now)}
        if address.is_posted:
            return self._pages.page(
                request,
                "protocol/form_post.html",
                form_action=[source_of(address.redirect_uri)],
                redirect_uri=address.redirect_uri,
                parameters=parameters,
            )
        # 303, never 307: a form with a password may have led here (RFC 9700 §4.12).
        return RedirectResponse(with_parameters(address.redirect_uri, parameters), status_code=303)

    def _signed(self, portal: Portal, parameters: Mapping[str, str], *, now: datetime) -> str:
        """JARM §2.1. It has no `at_hash`, and so can never be an ID token that hints at somebody."""
        algorithm = portal.authorization_signed_response_alg or portal.id_token_signed_response_alg
        return self._keys.sign(
            algorithm, {**parameters, "aud": portal.client_id, "exp": int((now + _LIFETIME).timestamp())}
        )
