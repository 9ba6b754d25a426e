"""Signed requests of a strict portal (RFC 9101, FAPI 2.0 Message Signing §5.3.1), pushed as they must be."""

from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import shown_error
from tests.support.fapi_portal import FapiPortal, fapi_portal
from tests.support.forging import STRANGER, claims_of, shared, unsigned
from tests.support.portal import error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

NAMED: KeyParameters = {"kid": "portal-key"}
RSA = RSAKey.generate_key(2048, NAMED, private=True)
KEYS: dict[str, ECKey | OKPKey | RSAKey] = {
    "ES256": KEY,
    "PS256": RSA,
    "EdDSA": OKPKey.generate_key("Ed25519", NAMED, private=True),
}


@pytest.fixture
def portal(provider: Provider) -> FapiPortal:
    """One that has said that it signs each request."""
    return fapi_portal(provider, require_signed_request_object=True)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_person_signs_in(provider: Provider, visitor: Visitor, algorithm: str) -> None:
    """FAPI 2.0 §5.4.1: three algorithms."""
    key = KEYS[algorithm]
    keys = {"keys": [KEY.as_dict(private=False), {**key.as_dict(private=False), "kid": "signs"}]}
    portal = fapi_portal(provider, jwks=keys, require_signed_request_object=True)
    request = portal.request_object(key=key, head={"alg": algorithm, "kid": "signs"}, asked={"state": "signed"})
    visitor.browser.open(portal.address(portal.push_signed(request)))
    page = visitor.goes_on()
    assert portal.portal.answer(page)["state"] == "signed"
    assert portal.redeem(page).status_code == 200


def test_who_said_that_it_signs_must_sign(portal: FapiPortal) -> None:
    assert error_of(portal.push()) == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"nbf": None},
        {"exp": -60},
        {"nbf": 61},
        {"iat": 61},
        {"exp": 3700},  # more than 60 minutes after nbf
        {"nbf": -3700},  # more than 60 minutes ago
        {"nbf": -3000, "exp": 700},
        {"aud": None},
        {"aud": "https://other.example"},
        {"aud": []},
        {"aud": "{issuer}/par"},
        {"aud": "{issuer}/"},
        {"iss": None},
        {"iss": "another"},
        {"client_id": None},
        {"client_id": "another"},
        {"request": "x"},
        {"request_uri": "https://portal.example/request"},
        {"redirect_uri": {"a": "https://portal.example/"}},
        {"state": ["a", "b"]},
        {"claims": ["userinfo"]},
        {"registration": {"client_name": "x"}},
        {"scope": ["openid"]},
    ],
    ids=str,
)
def test_what_is_no_good_request(portal: FapiPortal, changes: dict[str, Any]) -> None:
    """§5.3.1; numbers of times are seconds from now."""
    issuer = portal.portal.issuer
    meant = {name: _with(issuer, value) for name, value in changes.items()}
    answer = portal.push_signed(portal.request_object(**meant))
    assert (error_of(answer), answer.status_code) == ("invalid_request_object", 400)


def _with(issuer: str, value: Any) -> Any:
    return value.replace("{issuer}", issuer) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": 8},
        {"nbf": 10},
        {"nbf": -3500, "exp": 90},
        {"exp": 3600},
        {"aud": ["{issuer}"]},
        {"aud": ["https://other.example", "{issuer}"]},
        {"iat": 8},
        {"jti": "a-name"},
        {"something_unknown": {"a": [1]}},
    ],
    ids=str,
)
def test_what_is_a_good_request(portal: FapiPortal, changes: dict[str, Any]) -> None:
    """Message Signing §5.3.1: the issuer as a list of names too, and clocks ten seconds apart."""
    issuer = portal.portal.issuer
    meant: dict[str, Any] = {
        name: [_with(issuer, each) for each in value] if isinstance(value, list) else value
        for name, value in changes.items()
    }
    answer = portal.push_signed(portal.request_object(**meant))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "JWT", None])
def test_types_that_are_taken(portal: FapiPortal, typ: str | None) -> None:
    """RFC 9101 §10.8 leaves the type open, since OpenID Connect had none."""
    assert portal.push_signed(portal.request_object(head={"typ": typ})).status_code == 201


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt", "x"])
def test_a_token_of_another_kind_is_no_request(portal: FapiPortal, typ: str) -> None:
    """RFC 8725 §3.11."""
    answer = portal.push_signed(portal.request_object(head={"typ": typ}))
    assert error_of(answer) == "invalid_request_object"


def test_a_client_assertion_is_no_request(portal: FapiPortal) -> None:
    """RFC 8725 §2.8: also the other way round."""
    assert error_of(portal.push_signed(portal.portal.assertion())) == "invalid_request_object"


def test_what_the_registered_key_did_not_sign(provider: Provider) -> None:
    """Unsigned, by RS256, by a shared secret made of the public key, by keys that come along."""
    keys = {"keys": [KEY.as_dict(private=False), {**RSA.as_dict(private=False), "kid": "rsa"}]}
    portal = fapi_portal(provider, jwks=keys)
    good = portal.request_object()
    claims = claims_of(good)
    own = STRANGER.as_dict(private=False)
    for forged in (
        unsigned(claims, typ="oauth-authz-req+jwt"),
        portal.request_object(key=RSA, head={"alg": "RS256", "kid": "rsa"}),
        shared(claims, KEY.as_pem(private=False), kid=KEY.kid, typ="oauth-authz-req+jwt"),
        portal.request_object(key=STRANGER, head={"kid": KEY.kid}),
        portal.request_object(key=STRANGER, head={"kid": None, "jwk": own}),
        portal.request_object(key=STRANGER, head={"kid": None, "jku": "https://evil.example/jwks"}),
        portal.request_object(head={"kid": "another"}),
        good[:-8] + "AAAAAAAA",
        "x",
        "a.b.c",
    ):
        assert error_of(portal.push_signed(forged)) == "invalid_request_object", forged[:60]


def test_the_registered_algorithm_binds(provider: Provider) -> None:
    """OpenID Connect Registration §2, `request_object_signing_alg`."""
    keys = {"keys": [KEY.as_dict(private=False), {**RSA.as_dict(private=False), "kid": "rsa"}]}
    portal = fapi_portal(provider, jwks=keys, request_object_signing_alg="PS256")
    assert error_of(portal.push_signed(portal.request_object())) == "invalid_request_object"
    assert portal.push_signed(portal.request_object(key=RSA, head={"alg": "PS256", "kid": "rsa"})).status_code == 201


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
    ],
    ids=str,
)
def test_what_is_asked_is_checked_as_ever(portal: FapiPortal, changes: dict[str, str | None], error: str) -> None:
    assert error_of(portal.push_signed(portal.request_object(asked=changes))) == error


def test_what_stands_beside_the_signed_request_does_not_count(portal: FapiPortal, visitor: Visitor) -> None:
    """RFC 9101 §6.3: neither what differs nor what is missing inside."""
    request = portal.request_object(asked={"state": None, "nonce": "inside"})
    beside = {"state": "beside", "nonce": "beside", "redirect_uri": "https://evil.example/", "scope": "openid email"}
    pushed = portal.push_signed(request, **beside)
    visitor.browser.open(portal.address(pushed))
    page = visitor.goes_on()
    assert "state" not in page.query
    tokens = portal.redeem(page).json()
    assert claims_of(tokens["id_token"])["nonce"] == "inside"
    assert tokens["scope"] == "openid"


def test_a_signed_request_that_was_not_pushed_is_refused(
    portal: FapiPortal, visitor: Visitor, provider: Provider
) -> None:
    query = {"client_id": portal.portal.client_id, "request": portal.request_object()}
    page = visitor.browser.open(f"{portal.provider['authorization_endpoint']}?{urlencode(query)}")
    if page.stopped:
        assert portal.portal.error(page) == "invalid_request"
    else:
        assert shown_error(page, provider)


def test_who_did_not_sign_gets_no_code_although_it_asks_for_signed_answers(provider: Provider) -> None:
    other = fapi_portal(provider, require_signed_request_object=True, authorization_signed_response_alg="ES256")
    assert error_of(other.push(response_mode="jwt")) == "invalid_request"
