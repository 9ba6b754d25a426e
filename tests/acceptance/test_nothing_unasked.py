"""Point 11: no member that no specification or request asked for."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from tests.acceptance.suite import Person, Suite
from tests.support.id_tokens import ALWAYS, verified
from tests.support.portal import Portal

# OpenID Connect Discovery §3, Core §5.5, RP-Initiated and Back-Channel Logout §2.1, Front-Channel Logout §3,
# Prompt Create §3; RFC 8414 §2, RFC 9207 §3.
DISCOVERY = {
    *("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"),
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
    *("introspection_endpoint", "revocation_endpoint", "scopes_supported", "response_types_supported"),
    *("response_modes_supported", "grant_types_supported", "acr_values_supported", "subject_types_supported"),
    *("id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"),
    *("id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported"),
    *("userinfo_encryption_alg_values_supported", "userinfo_encryption_enc_values_supported"),
    *("token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported"),
    *("introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported"),
    "introspection_signing_alg_values_supported",
    *("revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported"),
    *("claim_types_supported", "claims_supported", "claims_parameter_supported", "request_parameter_supported"),
    *("request_uri_parameter_supported", "prompt_values_supported", "code_challenge_methods_supported"),
    *("authorization_response_iss_parameter_supported", "ui_locales_supported", "display_values_supported"),
    # RFC 7591 §3, RFC 9126 §5, RFC 9101 §10.5, JARM §4, RFC 9449 §5.1, RFC 8705 §3.3 and §5.
    *("registration_endpoint", "pushed_authorization_request_endpoint", "request_object_signing_alg_values_supported"),
    *("authorization_signing_alg_values_supported", "dpop_signing_alg_values_supported"),
    *("tls_client_certificate_bound_access_tokens", "mtls_endpoint_aliases"),
    *("require_request_uri_registration", "service_documentation", "op_policy_uri", "op_tos_uri"),
}
JWK = {"kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"}


def header_of(token: str) -> dict[str, Any]:
    part = token.partition(".")[0]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_discovery(suite: Suite) -> None:
    assert suite.discovery.keys() <= DISCOVERY


def test_keys(suite: Suite) -> None:
    keys = suite.http.get(suite.discovery["jwks_uri"]).json()
    assert keys.keys() == {"keys"}
    assert all(key.keys() <= JWK for key in keys["keys"])


def test_an_id_token_and_its_frame(basic: Portal, woman: Person) -> None:
    tokens = basic.tokens(woman.signs_in_at(basic))
    assert tokens.claims.keys() == ALWAYS | {"nonce"}
    assert header_of(tokens.id_token).keys() == {"alg", "kid"}
    assert header_of(tokens.access_token) == {**header_of(tokens.access_token), "typ": "at+jwt"}
    assert header_of(tokens.access_token).keys() == {"alg", "kid", "typ"}
    assert tokens.refresh_token is None


def test_userinfo_for_no_more_than_openid(basic: Portal, woman: Person) -> None:
    assert basic.claims(basic.tokens(woman.signs_in_at(basic, scope="openid"))).keys() == {"sub"}


def test_own_claims_only_for_their_own_scope(basic: Portal, woman: Person) -> None:
    tokens = basic.tokens(woman.signs_in_at(basic, scope="openid profile email address phone"))
    told = basic.claims(tokens).keys() | tokens.claims.keys()
    assert not told & {"account_level", "citizen_number", "sid"}


def test_a_session_is_named_only_to_who_is_told_of_its_end(suite: Suite, woman: Person) -> None:
    portal = suite.portal("told")
    claims = portal.tokens(woman.signs_in_at(portal)).claims
    assert claims.keys() == ALWAYS | {"nonce", "sid"}


def test_a_signed_userinfo_says_who_it_is_from_and_for(suite: Suite, woman: Person) -> None:
    portal = suite.portal("signed")
    tokens = portal.tokens(woman.signs_in_at(portal, scope="openid"))
    answer = portal.userinfo(tokens.access_token)
    header, claims = verified(answer.text, portal.jwks, algorithm="RS256")
    assert header.keys() == {"alg", "kid"}
    assert claims.keys() == {"sub", "iss", "aud", "iat", "exp"}


def test_redirects(basic: Portal, woman: Person) -> None:
    assert basic.answer(woman.signs_in_at(basic)).keys() == {"code", "state", "iss"}
    refused = basic.answer(woman.goes_to(basic, prompt="none", claims='{"id_token":{"sub":{"value":"another"}}}'))
    assert refused.keys() - {"error_description"} == {"error", "state", "iss"}
    assert basic.answer(woman.goes_to(basic, state=None)).keys() == {"code", "iss"}


def test_errors_of_endpoints(basic: Portal, suite: Suite) -> None:
    for endpoint, fields in (("token", {"grant_type": "nonsense"}), ("introspection", {}), ("revocation", {})):
        answer = basic.post(endpoint, fields)
        assert answer.status_code == 400
        assert answer.json().keys() <= {"error", "error_description"}
    answer = suite.http.get(f"{suite.issuer}/userinfo")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_introspection_of_what_is_not_active(basic: Portal) -> None:
    assert basic.introspect("nonsense") == {"active": False}
