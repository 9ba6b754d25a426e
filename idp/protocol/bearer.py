"""Access tokens as they come in, and the errors of a protected resource (RFC 6750)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from idp.protocol.answers import JsonResponse
from idp.protocol.parameters import in_body


class BearerError(Exception):
    """A protected resource refuses. `error` is empty when no token came: then nothing more is said (RFC 6750 §3.1)."""

    def __init__(self, status: int, error: str = "", description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description

    def answer(self) -> Response:
        """The status and its `WWW-Authenticate`."""
        if not self.error:
            return JsonResponse({}, self.status, {"www-authenticate": "Bearer"})
        members = {"error": self.error, "error_description": self.description}
        challenge = ", ".join(f'{name}="{value}"' for name, value in members.items())
        return JsonResponse(members, self.status, {"www-authenticate": f"Bearer {challenge}"})


async def read_token(request: Request) -> str:
    """The one access token of a request: in the header or, for a POST, in the body; never in the query (§2.3).

    Raises `BearerError`, and the refusals of `read_form`.
    """
    found = [*_in_header(request.headers.getlist("authorization")), *_in_body(await _form(request))]
    if len(found) > 1:
        raise BearerError(400, "invalid_request", "Send the access token once")
    if not found:
        raise BearerError(401)
    return found[0]


def _in_header(headers: list[str]) -> list[str]:
    return [token.strip() for scheme, _, token in map(_parted, headers) if scheme.lower() == "bearer"]


def _parted(header: str) -> tuple[str, str, str]:
    return header.partition(" ")


def _in_body(fields: Mapping[str, str]) -> list[str]:
    return [fields["access_token"]] if "access_token" in fields else []


async def _form(request: Request) -> Mapping[str, str]:
    # A POST with the token in its header may have a body of any kind, or none: it is not read.
    content_type = request.headers.get("content-type", "").lower()
    if request.method != "POST" or not content_type.startswith("application/x-www-form-urlencoded"):
        return {}
    return await in_body(request)
