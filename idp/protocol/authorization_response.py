"""The answer to /authorize: by redirect or by a form that the browser posts, always with `iss` (RFC 9207)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.protocol.answers import OAuthError, error_members
from idp.protocol.return_address import ReturnAddress, with_parameters
from idp.web.content_policy import source_of
from idp.web.pages import Pages


class AuthorizationResponses:
    """Sends browsers back to portals."""

    def __init__(self, pages: Pages, issuer: str) -> None:
        self._pages = pages
        self._issuer = issuer

    def code(self, request: Request, address: ReturnAddress, code: str) -> Response:
        """A code."""
        return self._send(request, address, {"code": code})

    def error(self, request: Request, address: ReturnAddress, error: OAuthError) -> Response:
        """An error."""
        return self._send(request, address, error_members(error))

    def _send(self, request: Request, address: ReturnAddress, members: Mapping[str, str]) -> Response:
        state = {} if address.state is None else {"state": address.state}
        parameters = {**members, **state, "iss": self._issuer}
        if address.response_mode == "form_post":
            return self._pages.page(
                request,
                "protocol/form_post.html",
                form_action=[source_of(address.redirect_uri)],
                redirect_uri=address.redirect_uri,
                parameters=parameters,
            )
        # 303, never 307: a form with a password may have led here (RFC 9700 §4.12).
        return RedirectResponse(with_parameters(address.redirect_uri, parameters), status_code=303)
