"""What a portal posts to /token, /introspect and /revoke, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from starlette.requests import Request

from idp.protocol.answers import OAuthError
from idp.protocol.parameters import in_body

GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
"""What may be exchanged for tokens. No implicit grant and no password grant (RFC 9700 §2.1.2, §2.4)."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The body's fields, and the Authorization header."""

    fields: Mapping[str, str]
    authorization: str | None

    @classmethod
    async def read(cls, request: Request) -> Self:
        """Raises the refusals of `read_form`, and `OAuthError` for parameters in the query: those end up in logs."""
        if request.scope["query_string"]:
            raise OAuthError("invalid_request", "Parameters belong into the body")
        authorization = request.headers.getlist("authorization")
        if len(authorization) > 1:
            raise OAuthError("invalid_request", "Send one Authorization header")
        return cls(await in_body(request), authorization[0] if authorization else None)
