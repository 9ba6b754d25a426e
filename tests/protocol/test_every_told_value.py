"""Discovery tells what works: each value that no other test uses, used. docs/standards.md has the list of all."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import fapi_portal
from tests.support.forging import claims_of, header_of, signed
from tests.support.id_tokens import verified
from tests.support.portal import ASSERTION_TYPE, Portal, error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.self_registered import Registrar, members
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

NAMED: KeyParameters = {"kid": "told"}
RSA = RSAKey.generate_key(2048, NAMED, private=True)
EC = ECKey.generate_key("P-256", NAMED, private=True)
SIGNING: dict[str, ECKey | OKPKey | RSAKey] = {
    "ES256": EC,
    "RS256": RSA,
    "PS256": RSA,
    "EdDSA": OKPKey.generate_key("Ed25519", NAMED, private=True),
}
ENCRYPTING: dict[str, ECKey | RSAKey] = {
    "RSA-OAEP-256": RSA,
    "ECDH-ES": EC,
    "ECDH-ES+A128KW": EC,
    "ECDH-ES+A256KW": EC,
}
# Discovery §3, RFC 8414 §2, and the specifications that add members to either.
KNOWN = {
    *("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint"),
    *("scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported"),
    *("acr_values_supported", "subject_types_supported", "claim_types_supported", "claims_supported"),
    *("id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"),
    *("id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported"),
    *("userinfo_encryption_alg_values_supported", "userinfo_encryption_enc_values_supported"),
    *("token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported"),
    *("introspection_endpoint", "introspection_endpoint_auth_methods_supported"),
    *("introspection_endpoint_auth_signing_alg_values_supported", "introspection_signing_alg_values_supported"),
    *("revocation_endpoint", "revocation_endpoint_auth_methods_supported"),
    *("revocation_endpoint_auth_signing_alg_values_supported", "code_challenge_methods_supported"),
    *("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"),
    *("request_object_signing_alg_values_supported", "ui_locales_supported"),
    "prompt_values_supported",  # Initiating User Registration via OpenID Connect §6
    "pushed_authorization_request_endpoint",  # RFC 9126 §5
    "dpop_signing_alg_values_supported",  # RFC 9449 §5.1
    "authorization_signing_alg_values_supported",  # JARM §4
    "authorization_response_iss_parameter_supported",  # RFC 9207 §3
    "end_session_endpoint",  # RP-Initiated Logout §2.1
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
}


@pytest.fixture
def told(provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = provider.get("/.well-known/openid-configuration").json()
    return document


def keyed(provider: Provider, key: ECKey | OKPKey | RSAKey, **stated: Any) -> Portal:
    """A portal of profile `web` with a key beside the usual one."""
    keys = {"keys": [KEY.as_dict(private=False), key.as_dict(private=False)]}
    return provider.portal(**{"minimum_level": 1, "jwks": keys} | stated)


def test_every_member_is_one_that_a_specification_names(told: dict[str, Any]) -> None:
    """No member is told for what is not done: signed metadata, device grant, CIBA, encrypted answers, sessions."""
    assert told.keys() == KNOWN


def test_the_tests_below_leave_no_value_out(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if name.endswith("signing_alg_values_supported") and name != "dpop_signing_alg_values_supported":
            assert sorted(value) == sorted(SIGNING), name
        if name.endswith("encryption_alg_values_supported"):
            assert sorted(value) == sorted(ENCRYPTING), name
    assert sorted(told["response_modes_supported"]) == ["form_post", "form_post.jwt", "jwt", "query", "query.jwt"]
    assert sorted(told["grant_types_supported"]) == ["authorization_code", "client_credentials", "refresh_token"]


@pytest.mark.parametrize("algorithm", SIGNING)
def test_every_told_algorithm_of_assertions_proves_a_portal(provider: Provider, algorithm: str) -> None:
    """At each endpoint whose member tells it."""
    portal = keyed(provider, SIGNING[algorithm], token_endpoint_auth_method="private_key_jwt", client_secret=None)
    for endpoint in ("introspection", "revocation"):
        assertion = signed(claims_of(portal.assertion()), SIGNING[algorithm], alg=algorithm, kid="told")
        fields = {"token": "x", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        assert portal.post(endpoint, fields, authenticate=False).status_code == 200
    assertion = signed(claims_of(portal.assertion()), SIGNING[algorithm], alg=algorithm, kid="told")
    fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    fields |= {"grant_type": "authorization_code", "code": "c_x", "redirect_uri": portal.callback}
    assert error_of(portal.post("token", fields, authenticate=False)) == "invalid_grant"


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_request_is_taken_in_every_told_algorithm(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    key = SIGNING[algorithm]
    portal = keyed(provider, key, request_object_signing_alg=algorithm)
    asked = dict(parse_qsl(urlsplit(portal.ask(state="inside")).query))
    request = signed(asked | {"iss": portal.client_id, "aud": portal.issuer}, key, alg=algorithm, kid="told")
    query = {name: asked[name] for name in ("client_id", "redirect_uri", "response_type", "scope")}
    visitor.browser.open(f"{portal.provider['authorization_endpoint']}?{urlencode(query | {'request': request})}")
    assert portal.answer(visitor.goes_on())["state"] == "inside"


@pytest.mark.parametrize("algorithm", SIGNING)
def test_the_answer_is_signed_in_every_told_algorithm(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    portal = provider.portal(minimum_level=1, authorization_signed_response_alg=algorithm)
    page = visitor.signs_in_at(portal, response_mode="jwt")
    assert verified(page.query["response"], portal.jwks, algorithm=algorithm)[1]["code"]


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_every_signed_response_mode_answers(provider: Provider, visitor: Visitor, mode: str) -> None:
    portal = provider.portal(minimum_level=1)
    page = visitor.signs_in_at(portal, response_mode=mode)
    if mode == "form_post.jwt":
        page = visitor.browser.submit("form-post", button="continue")
    answer = dict(page.posted) or page.query
    assert verified(answer["response"], portal.jwks, algorithm="ES256")[1]["code"]


@pytest.mark.parametrize("algorithm", SIGNING)
def test_introspection_is_signed_in_every_told_algorithm(provider: Provider, algorithm: str) -> None:
    portal = provider.portal(introspection_signed_response_alg=algorithm)
    answer = portal.post("introspection", {"token": "x"})
    _, claims = verified(answer.text, portal.jwks, algorithm=algorithm)
    assert claims["token_introspection"] == {"active": False}


@pytest.mark.parametrize("encryption", ["A128CBC-HS256", "A128GCM", "A256GCM", "A256CBC-HS512"])
@pytest.mark.parametrize("algorithm", ENCRYPTING)
def test_userinfo_is_encrypted_in_every_told_way(
    provider: Provider, visitor: Visitor, told: dict[str, Any], algorithm: str, encryption: str
) -> None:
    assert encryption in told["userinfo_encryption_enc_values_supported"]
    assert len(told["userinfo_encryption_enc_values_supported"]) == 4
    key = ENCRYPTING[algorithm]
    how = {"userinfo_encrypted_response_alg": algorithm, "userinfo_encrypted_response_enc": encryption}
    public = {**key.as_dict(private=False), "use": "enc"}
    portal = provider.portal(minimum_level=1, jwks={"keys": [KEY.as_dict(private=False), public]}, **how)
    tokens = portal.tokens(visitor.signs_in_at(portal))
    sealed = portal.userinfo(tokens.access_token).text
    assert (header_of(sealed)["alg"], header_of(sealed)["enc"]) == (algorithm, encryption)
    opened = jwe.decrypt_compact(sealed, key, algorithms=[algorithm, encryption])
    assert tokens.claims["sub"].encode() in (opened.plaintext or b"")


def test_every_told_grant_gives_tokens(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(minimum_level=1, refresh="session")
    tokens = portal.refreshed(portal.tokens(visitor.signs_in_at(portal)))
    assert tokens.access_token
    service = provider.portal(profile="service", scope="demo.api")
    assert service.post("token", {"grant_type": "client_credentials", "scope": "demo.api"}).status_code == 200


@pytest.mark.parametrize("level", [1, 2])
def test_every_told_level_is_reached(provider: Provider, visitor: Visitor, told: dict[str, Any], level: int) -> None:
    name = told["acr_values_supported"][level - 1]
    portal = provider.portal(minimum_level=level)
    assert portal.tokens(visitor.signs_in_at(portal, acr_values=name)).claims["acr"] == name


# What is not done, and told by no member


def test_an_encrypted_request_is_refused(provider: Provider) -> None:
    portal = fapi_portal(provider)
    sealed = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM"}, b"{}", EC, algorithms=["ECDH-ES", "A128GCM"])
    assert error_of(portal.push_signed(sealed)) == "invalid_request_object"


def test_there_is_no_webfinger(provider: Provider) -> None:
    assert provider.get("/.well-known/webfinger?resource=acct:somebody@idp.example").status_code == 404


def test_a_software_statement_is_refused_by_name(provider: Provider) -> None:
    """RFC 7591 §3.2.2."""
    answer = Registrar.of(provider).posts(members(software_statement="a.b.c"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_software_statement")
