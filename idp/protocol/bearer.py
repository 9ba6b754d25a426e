"""Access tokens as they come in, and the errors of a protected resource (RFC 6750, RFC 9449 §7.1)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from idp.keys import PROOF_ALGORITHMS
from idp.protocol.answers import JsonResponse
from idp.protocol.parameters import in_body
from idp.tokens.holding import Presented


class BearerError(Exception):
    """A protected resource refuses. `error` is empty when no token came: then nothing more is said (RFC 6750 §3.1)."""

    def __init__(self, status: int, error: str = "", description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description

    def answer(self, scheme: str = "bearer", headers: Mapping[str, str] | None = None) -> Response:
        """The status and its `WWW-Authenticate`: for each way in where no token came, else for the one it came by."""
        if not self.error:
            return self._answer(
                {}, [_challenge("Bearer", {}), _challenge("DPoP", {"algs": " ".join(PROOF_ALGORITHMS)})]
            )
        members = {"error": self.error, "error_description": self.description}
        if scheme == "dpop":
            return self._answer(members, [_challenge("DPoP", members | {"algs": " ".join(PROOF_ALGORITHMS)})], headers)
        return self._answer(members, [_challenge("Bearer", members)], headers)

    def _answer(
        self, members: Mapping[str, str], challenges: list[str], headers: Mapping[str, str] | None = None
    ) -> Response:
        return JsonResponse(members, self.status, {"www-authenticate": ", ".join(challenges), **(headers or {})})


def _challenge(scheme: str, members: Mapping[str, str]) -> str:
    told = ", ".join(f'{name}="{value}"' for name, value in members.items())
    return f"{scheme} {told}".strip()


async def read_token(request: Request, certificate: bytes | None) -> Presented:
    """The one access token of a request: in the header or, for a POST, in the body; never in the query (§2.3).

    Raises `BearerError`, and the refusals of `read_form`.
    """
    found = [*_in_header(request.headers.getlist("authorization")), *_in_body(await _form(request))]
    if len(found) > 1:
        raise BearerError(400, "invalid_request", "Send the access token once")
    if not found:
        raise BearerError(401)
    scheme, token = found[0]
    dpop = request.headers.getlist("dpop")
    return Presented(token, scheme, request.method, request.scope["path"], dpop, certificate)


def _in_header(headers: list[str]) -> list[tuple[str, str]]:
    parted = [header.partition(" ") for header in headers]
    return [(scheme.lower(), token.strip()) for scheme, _, token in parted if scheme.lower() in ("bearer", "dpop")]


def _in_body(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("bearer", fields["access_token"])] if "access_token" in fields else []


async def _form(request: Request) -> Mapping[str, str]:
    # A POST with the token in its header may have a body of any kind, or none: it is not read.
    content_type = request.headers.get("content-type", "").lower()
    if request.method != "POST" or not content_type.startswith("application/x-www-form-urlencoded"):
        return {}
    return await in_body(request)
