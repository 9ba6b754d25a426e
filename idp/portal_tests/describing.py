"""What a pretend provider says of itself: the real one's document, as far as a portal of this profile needs it."""

from typing import Any, Final

from idp.keys import ALGORITHMS, PROOF_ALGORITHMS
from idp.portals.encrypting import ENCRYPTIONS
from idp.portals.portal import Portal
from idp.portals.public_keys import ENCRYPTION_ALGORITHMS
from idp.tokens.claims import BY_SCOPE

SIGNED_MODES: Final = ("jwt", "query.jwt", "form_post.jwt")
"""Of JARM (§2.3)."""

POSTED_MODES: Final = ("form_post", "form_post.jwt")
RESPONSE_MODES: Final = ("query", "form_post", *SIGNED_MODES)


def metadata(issuer: str, portal: Portal) -> dict[str, Any]:
    """OpenID Connect Discovery §3 for one run."""
    rules = portal.rules
    signs_userinfo = portal.userinfo_signed_response_alg or portal.id_token_signed_response_alg
    signs_answers = portal.authorization_signed_response_alg or portal.id_token_signed_response_alg
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": rules.needs_pushed_requests,
        "scopes_supported": ["openid", *BY_SCOPE, "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [portal.id_token_signed_response_alg],
        "id_token_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(ENCRYPTIONS),
        "userinfo_signing_alg_values_supported": [signs_userinfo],
        "userinfo_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(ENCRYPTIONS),
        "authorization_signing_alg_values_supported": [signs_answers],
        "token_endpoint_auth_methods_supported": [portal.token_endpoint_auth_method],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
