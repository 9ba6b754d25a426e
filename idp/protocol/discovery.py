"""The provider's description of itself, and its keys. Only what works is in it."""

from datetime import timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.keys import ALGORITHMS, JWKS_LIFETIME, PROOF_ALGORITHMS, SigningKeys
from idp.portals.encrypting import ENCRYPTIONS
from idp.portals.public_keys import ENCRYPTION_ALGORITHMS
from idp.protocol import acr
from idp.protocol.authorization_request import PROMPTS, RESPONSE_MODES
from idp.protocol.portal_authentication import ASSERTION_ALGORITHMS, METHODS
from idp.protocol.portal_authorities import methods_by_certificate
from idp.protocol.token_request import GRANT_TYPES
from idp.settings import Settings
from idp.tokens.claims import BY_SCOPE

# Scripts of any page may read these two (design: nothing else has CORS).
_FOR_EVERYONE = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
_KEPT = timedelta(hours=1)
_WITH_CERTIFICATE = (
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
)


def metadata(settings: Settings) -> dict[str, Any]:
    """OpenID Connect Discovery §3 and RFC 8414 §2, in one document; with RFC 8705 §5 where portals may bring
    certificates."""
    document = _metadata(settings.issuer, [*METHODS, *methods_by_certificate(settings)])
    if settings.mtls_url:
        aliases = {name: _elsewhere(document[name], settings) for name in _WITH_CERTIFICATE if name in document}
        document |= {"mtls_endpoint_aliases": aliases, "tls_client_certificate_bound_access_tokens": True}
    return document


def _elsewhere(address: str, settings: Settings) -> str:
    return settings.mtls_url + address.removeprefix(settings.issuer)


def _metadata(issuer: str, methods: list[str]) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end-session",
        "registration_endpoint": f"{issuer}/register",
        "scopes_supported": ["openid", *BY_SCOPE, "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANT_TYPES),
        "acr_values_supported": list(acr.NAMES),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "id_token_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(ENCRYPTIONS),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS),
        "userinfo_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(ENCRYPTIONS),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": [method for method in methods if method != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce"),
            *(name for names in BY_SCOPE.values() for name in names),
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "prompt_values_supported": sorted(PROMPTS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "authorization_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "ui_locales_supported": ["vi", "en"],
    }


class DiscoveryEndpoint:
    """Two documents, ready as bytes."""

    def __init__(self, settings: Settings, keys: SigningKeys) -> None:
        self._metadata = orjson.dumps(metadata(settings))
        self._keys = keys

    def routes(self) -> list[Route]:
        """Where OpenID Connect, RFC 8414 and the first of the two look."""
        return [
            Route("/.well-known/openid-configuration", self.describe, methods=["GET"]),
            Route("/.well-known/oauth-authorization-server", self.describe, methods=["GET"]),
            Route("/jwks", self.jwks, methods=["GET"]),
        ]

    async def describe(self, request: Request) -> Response:  # noqa: ARG002  (a route is given its request)
        """The same bytes each time."""
        return _document(self._metadata, _KEPT)

    async def jwks(self, request: Request) -> Response:  # noqa: ARG002  (a route is given its request)
        """Keys may be kept as long as a new one is published before it signs."""
        return _document(self._keys.jwks, JWKS_LIFETIME)


def _document(content: bytes, kept: timedelta) -> Response:
    headers = {**_FOR_EVERYONE, "cache-control": f"public, max-age={int(kept.total_seconds())}"}
    return Response(content, headers=headers, media_type="application/json")
