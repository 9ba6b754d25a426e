"""What a portal posts to /token, /par, /introspect and /revoke, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from idp.protocol.answers import OAuthError
from idp.protocol.parameters import in_body
from idp.protocol.portal_key_sets import PortalKeySets
from idp.web.client_certificate import ClientCertificates

GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
"""What may be exchanged for tokens. No implicit grant and no password grant (RFC 9700 §2.1.2, §2.4)."""

_MULTILINE: Final = ("claims",)  # whose JSON may hold line ends, at /par


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The body's fields, the headers that prove something, and the certificate of the connection (DER).

    `dpop` is what the DPoP header holds: not looked at yet.
    """

    fields: Mapping[str, str]
    authorization: str | None
    dpop: str | None = None
    certificate: bytes | None = None


class PortalCalls:
    """Reads what portals post. What checking it takes from elsewhere is had before the unit: keys that are remote."""

    def __init__(self, certificates: ClientCertificates, key_sets: PortalKeySets) -> None:
        self._certificates = certificates
        self._key_sets = key_sets

    async def read(self, request: Request) -> TokenRequest:
        """Raises the refusals of `read_form`, and `OAuthError` for parameters in the query: those end up in logs."""
        if request.scope["query_string"]:
            raise OAuthError("invalid_request", "Parameters belong into the body")
        authorization, dpop = (_one(request, name) for name in ("authorization", "dpop"))
        fields = await in_body(request, multiline=_MULTILINE)
        if "client_assertion" in fields:
            await self._key_sets.prepare(fields["client_assertion"])
        if "request" in fields:
            await self._key_sets.prepare(fields["request"])
        return TokenRequest(fields, authorization, dpop, self._certificates.of(request))


def _one(request: Request, name: str) -> str | None:
    found = request.headers.getlist(name)
    if len(found) > 1:
        if name == "dpop":
            raise OAuthError("invalid_dpop_proof", "Send one DPoP header")
        raise OAuthError("invalid_request", "Send one Authorization header")
    return found[0] if found else None
