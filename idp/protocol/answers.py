"""OAuth errors: JSON at the endpoints that portals call, a redirect where a portal's address is trusted."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from idp.errors import Kind, Refusal
from idp.web.http_status import retry_headers

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


class OAuthError(Refusal):
    """A portal's request was refused, by an error that its specification names.

    Operator: the audit row has the reason; the portal's developer sees the error's name and description.
    """

    code = "portal_request_refused"

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        status: int = 400,
        reason: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason or error)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}


class JsonResponse(Response):
    """A JSON answer that nobody may keep."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(content), status, {**NO_STORE, **(headers or {})})


def error_members(error: OAuthError) -> dict[str, str]:
    """`error`, and `error_description` where there is one: nothing that was not asked for."""
    members = {"error": error.error}
    return members | {"error_description": error.description} if error.description else members


def json_error(error: OAuthError) -> Response:
    """RFC 6749 §5.2. Who failed to prove who it is learns how it may (`WWW-Authenticate`)."""
    headers = {"www-authenticate": 'Basic realm="portals"'} if error.status == 401 else {}
    return JsonResponse(error_members(error), error.status, {**headers, **error.headers})


def as_oauth_error(refusal: Refusal) -> OAuthError:
    """A refusal of a room below as a portal sees it."""
    if isinstance(refusal, OAuthError):
        return refusal
    if refusal.kind is Kind.UNAVAILABLE:
        return OAuthError("temporarily_unavailable", "Try again shortly", status=503, reason=refusal.reason)
    if refusal.kind is Kind.TOO_MANY:
        # RFC 9126 §2.3 names the status; no error code of OAuth is made for it.
        return OAuthError("temporarily_unavailable", "Too many requests", status=429, reason=refusal.code)
    if refusal.kind is Kind.TOO_LARGE:
        return OAuthError("invalid_request", "The request is too large", status=413, reason=refusal.code)
    return OAuthError("invalid_request", "The request is malformed", reason=refusal.code)


def json_refusal(refusal: Refusal) -> Response:
    """Any refusal as an OAuth error in JSON."""
    response = json_error(as_oauth_error(refusal))
    response.headers.update(retry_headers(refusal))
    return response
