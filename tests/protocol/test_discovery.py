"""What the provider says of itself: exact, complete, true, and nothing more (security.md §2.5, plan config)."""

import hashlib
import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import urlsplit

import pytest

from idp.portals.profiles import BY_CERTIFICATE, RULES, Profile
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.portal import Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "claims_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "code_challenge_methods_supported",
    "authorization_response_iss_parameter_supported",
}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


@pytest.fixture
def told(provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = provider.get(DOCUMENTS[0]).json()
    return document


def test_the_issuer_is_exact_and_everything_is_under_it(provider: Provider, told: dict[str, Any]) -> None:
    """oidcc-discovery-endpoint-verification; Discovery §4.3."""
    assert told["issuer"] == provider.issuer == provider.parts.settings.issuer
    assert told.keys() >= REQUIRED
    for name, value in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{provider.issuer}/"), name


def test_both_documents_are_the_same_and_anybody_may_read_them(provider: Provider) -> None:
    """RFC 8414 §3; scripts of any page may read these and the keys, nothing else."""
    answers = [provider.get(path, headers={"origin": "https://any.example"}) for path in (*DOCUMENTS, "/jwks")]
    assert answers[0].content == answers[1].content
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert "set-cookie" not in answer.headers


def test_only_lists_that_are_complete_are_told(told: dict[str, Any]) -> None:
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["subject_types_supported"] == ["pairwise"]
    assert told["acr_values_supported"] == ["urn:vn:eid:auth-level:1", "urn:vn:eid:auth-level:2"]
    for absent in ("none", "HS256", "RSA1_5"):
        assert absent not in json.dumps(told["id_token_signing_alg_values_supported"])
    for kind in ("id_token", "userinfo"):
        algorithms = told[f"{kind}_encryption_alg_values_supported"]
        assert sorted(algorithms) == ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "RSA-OAEP-256"]
        encryptions = told[f"{kind}_encryption_enc_values_supported"]
        assert sorted(encryptions) == ["A128CBC-HS256", "A128GCM", "A256CBC-HS512", "A256GCM"]
    assert "none" not in told["introspection_endpoint_auth_methods_supported"]
    for missing in ("check_session_iframe", "mtls_endpoint_aliases"):
        assert missing not in told
    every_method = {method for rules in RULES.values() for method in rules.methods} - set(BY_CERTIFICATE)
    assert set(told["token_endpoint_auth_methods_supported"]) == every_method
    every_grant = {grant for rules in RULES.values() for grant in rules.grant_types}
    assert set(told["grant_types_supported"]) == every_grant


@pytest.mark.parametrize(
    ("path", "status"),
    [("/register", 401), ("/registration", 404), ("/connect/register", 404), ("/clients", 404), ("/portals", 405)],
)
def test_no_stranger_registers_a_portal(provider: Provider, path: str, status: int) -> None:
    """ASVS V10.4.7: portals come from an operator's file, or with an initial access token of their agency."""
    asked = {"redirect_uris": ["https://evil.example/callback"], "client_name": "Evil"}
    answer = provider.http.post(f"{provider.issuer}{path}", json=asked)
    assert (answer.status_code, "client_id" in answer.text) == (status, False)


def test_only_staff_propose_portals(provider: Provider) -> None:
    """A form of the console by whoever has not opened it leads to the sign-in, and is not looked at."""
    assert provider.http.post(f"{provider.issuer}/admin/portals", json={}).status_code == 405
    answer = provider.http.post(f"{provider.issuer}/admin/portal-changes", data={"file": "[[portal]]"})
    assert answer.status_code in (303, 403)
    assert "evil" not in answer.text


def test_every_told_endpoint_is_there(provider: Provider, told: dict[str, Any]) -> None:
    for name, address in told.items():
        if name.endswith(("_endpoint", "_uri")):
            status = provider.get(urlsplit(address).path).status_code
            assert status not in (404, 500), name


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_every_told_algorithm_signs(provider: Provider, visitor: Visitor, told: dict[str, Any], algorithm: str) -> None:
    assert algorithm in told["id_token_signing_alg_values_supported"]
    assert algorithm in told["userinfo_signing_alg_values_supported"]
    assert len(told["id_token_signing_alg_values_supported"]) == 4
    portal = provider.portal(
        minimum_level=1, id_token_signed_response_alg=algorithm, userinfo_signed_response_alg=algorithm
    )
    assert portal.claims(portal.tokens(visitor.signs_in_at(portal)))


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
def test_every_told_method_authenticates(
    provider: Provider, visitor: Visitor, told: dict[str, Any], method: str
) -> None:
    assert method in told["token_endpoint_auth_methods_supported"]
    profile = Profile.NATIVE if method == "none" else Profile.WEB
    portal = provider.portal(profile=profile, token_endpoint_auth_method=method, minimum_level=1, refresh="session")
    tokens = portal.refreshed(portal.tokens(visitor.signs_in_at(portal)))
    if method in told["introspection_endpoint_auth_methods_supported"]:
        assert portal.introspect(tokens.access_token)["active"] is True
    else:
        assert error_of(portal.post("introspection", {"token": tokens.access_token})) == "invalid_client"
    portal.revoke(tokens.access_token)
    assert portal.userinfo(tokens.access_token).status_code == 401


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_every_told_response_mode_answers(suite: Portal, visitor: Visitor, told: dict[str, Any], mode: str) -> None:
    assert mode in told["response_modes_supported"]
    page = visitor.signs_in_at(suite, response_mode=mode)
    if mode == "form_post":
        page = visitor.browser.submit("form-post", button="continue")
    suite.tokens(page)


@pytest.mark.parametrize("prompt", ["none", "login", "consent", "select_account"])
def test_every_told_prompt_is_understood(suite: Portal, visitor: Visitor, told: dict[str, Any], prompt: str) -> None:
    assert prompt in told["prompt_values_supported"]
    assert len(told["prompt_values_supported"]) == 4
    suite.tokens(visitor.signs_in_at(suite))
    visitor.clock.advance(seconds=1)
    suite.tokens(visitor.signs_in_at(suite, prompt=prompt))


def test_every_told_scope_and_claim_is_given(provider: Provider, told: dict[str, Any]) -> None:
    """The ordinary woman has every standard claim (acceptance.md, point 3)."""
    scope = " ".join(told["scopes_supported"])
    portal = provider.portal(scope=scope, refresh="offline", minimum_level=1)
    woman = provider.visitor(provider.persona("ordinary-woman", level=2, extra_claims=EXTRA))
    tokens = portal.tokens(woman.signs_in_at(portal, scope=scope))
    assert tokens.scope.split() == scope.split()
    given = portal.claims(tokens).keys() | tokens.claims.keys()
    assert set(told["claims_supported"]) - given == set()
    assert given - set(told["claims_supported"]) <= {"at_hash"}


EXTRA = {
    "email": "ha@cong-dan.example",
    "email_verified": True,
    "nickname": "Hà",
    "preferred_username": "thu.ha",
    "profile": "https://cong-dan.example/ha",
    "picture": "https://cong-dan.example/ha.png",
    "website": "https://cong-dan.example/",
}


def test_every_told_language_is_spoken(suite: Portal, provider: Provider, told: dict[str, Any]) -> None:
    for language in told["ui_locales_supported"]:
        assert provider.browser().open(suite.ask(ui_locales=language)).headers["content-language"] == language


def test_keys_are_public_current_and_told_apart(provider: Provider) -> None:
    """RFC 8725 §3.2 and §3.4; §2.4: unique kid, no x5u or jku. The kid says nothing but which key it is."""
    keys = provider.get("/jwks").json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) >= 4
    for key in keys:
        assert not PRIVATE & key.keys()
        assert key.keys() <= {"kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"}
        assert key["use"] == "sig"
        if key["kty"] == "RSA":
            assert len(urlsafe_b64decode(key["n"] + "==")) * 8 >= 2048
        else:
            assert key["crv"] in ("P-256", "Ed25519")
    material = [hashlib.sha256(json.dumps([key.get("x"), key.get("n")]).encode()).digest() for key in keys]
    assert len(set(material)) == len(keys)
