"""The client assertion of a strict portal (FAPI 2.0 Security Profile §5.3.2.1, RFC 7523 §3), at each endpoint."""

from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal, fapi_portal
from tests.support.forging import STRANGER, claims_of, shared, signed, unsigned
from tests.support.portal import ASSERTION_TYPE, error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

ENDPOINTS = ("pushed_authorization_request", "token", "introspection", "revocation")
NAMED: KeyParameters = {"kid": "portal-key"}
KEYS: dict[str, ECKey | OKPKey | RSAKey] = {
    "ES256": KEY,
    "PS256": RSAKey.generate_key(2048, NAMED, private=True),
    "RS256": RSAKey.generate_key(2048, NAMED, private=True),
    "EdDSA": OKPKey.generate_key("Ed25519", NAMED, private=True),
}


def shows(portal: FapiPortal, assertion: str, endpoint: str = "introspection", **fields: str) -> httpx.Response:
    sent = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, "token": "x"} | fields
    sent |= {"grant_type": "refresh_token"}
    return portal.portal.post(endpoint, sent, authenticate=False)


def proves(portal: FapiPortal, assertion: str, endpoint: str = "introspection") -> bool:
    answer = shows(portal, assertion, endpoint)
    return answer.status_code == 200 or error_of(answer) != "invalid_client"


@pytest.fixture
def portal(provider: Provider) -> FapiPortal:
    return fapi_portal(provider)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_issuer_alone_is_its_audience(portal: FapiPortal, endpoint: str) -> None:
    """§5.3.2.1 item 9: one string, neither a list nor an endpoint's address."""
    issuer = portal.portal.issuer
    assert proves(portal, portal.portal.assertion(), endpoint)
    for wrong in (
        [issuer],
        [issuer, portal.provider["token_endpoint"]],
        portal.provider["token_endpoint"],
        portal.provider["pushed_authorization_request_endpoint"],
        portal.provider[f"{endpoint}_endpoint"],
        f"{issuer}/",
        "https://other.example",
        None,
    ):
        assert not proves(portal, portal.portal.assertion(aud=wrong), endpoint), wrong


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"sub": "another"},
        {"iss": None},
        {"iss": "another"},
        {"jti": None},
        {"exp": None},
        {"exp": -300},
        {"exp": -61},
        {"iat": 61},
        {"nbf": 61},
    ],
    ids=str,
)
def test_what_does_not_prove_who_asks(portal: FapiPortal, endpoint: str, changes: dict[str, Any]) -> None:
    """Numbers are seconds from now."""
    now = int(portal.portal.now().timestamp())
    meant = {name: now + value if isinstance(value, int) else value for name, value in changes.items()}
    assert not proves(portal, portal.portal.assertion(**meant), endpoint)


@pytest.mark.parametrize("seconds", [8, 10])
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_clock_that_is_a_little_ahead_is_forgiven(portal: FapiPortal, name: str, seconds: int) -> None:
    """§5.3.2.1 item 13: 10 seconds must be taken, 60 must not."""
    now = int(portal.portal.now().timestamp())
    assert proves(portal, portal.portal.assertion(**{name: now + seconds}))


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_the_three_algorithms_are_taken(provider: Provider, algorithm: str) -> None:
    """§5.4.1 item 1."""
    key = KEYS[algorithm]
    portal = fapi_portal(provider, jwks={"keys": [key.as_dict(private=False)]})
    claims = claims_of(portal.portal.assertion())
    assert proves(portal, signed(claims, key, alg=algorithm, kid="portal-key"))


def test_rs256_is_not_taken(provider: Provider) -> None:
    key = KEYS["RS256"]
    portal = fapi_portal(provider, jwks={"keys": [key.as_dict(private=False)]})
    claims = claims_of(portal.portal.assertion())
    assert not proves(portal, signed(claims, key, alg="RS256", kid="portal-key"))
    assert proves(portal, signed(claims, key, alg="PS256", kid="portal-key"))


def test_nothing_but_the_registered_key_counts(portal: FapiPortal) -> None:
    """No `none`, no secret made of the public key, no key that comes along (RFC 8725 §2.1, §3.10)."""
    claims = claims_of(portal.portal.assertion())
    own = STRANGER.as_dict(private=False)
    for forged in (
        unsigned(claims),
        shared(claims, KEY.as_pem(private=False), kid="portal-key"),
        signed(claims, STRANGER, kid="portal-key"),
        signed(claims, STRANGER, jwk=own),
        signed(claims, STRANGER, jku="https://evil.example/jwks"),
        signed(claims, STRANGER, x5u="https://evil.example/chain"),
        signed(claims, KEY, kid="another"),
        signed(claims, KEY, kid="portal-key", typ="at+jwt"),
        signed(claims, KEY, kid="portal-key", crit=["exp"]),
    ):
        assert not proves(portal, forged)


def test_an_assertion_is_good_once_wherever_it_is_shown(portal: FapiPortal) -> None:
    assertion = portal.portal.assertion()
    assert proves(portal, assertion, "pushed_authorization_request")
    assert not any(proves(portal, assertion, endpoint) for endpoint in ENDPOINTS)


def test_another_portals_assertion_is_not_taken(provider: Provider, portal: FapiPortal) -> None:
    """Both sign with the same key here: what differs is who says it."""
    other = fapi_portal(provider)
    answer = shows(portal, other.portal.assertion(), client_id=portal.portal.client_id)
    assert error_of(answer) in ("invalid_request", "invalid_client")


def test_a_secret_is_no_proof_of_a_strict_portal(portal: FapiPortal) -> None:
    fields = {"client_id": portal.portal.client_id, "client_secret": "x" * 40, "token": "x"}
    answer = portal.portal.post("introspection", fields, authenticate=False)
    assert (error_of(answer), answer.status_code) == ("invalid_client", 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_name_alone_proves_nothing(portal: FapiPortal, endpoint: str) -> None:
    fields = {"client_id": portal.portal.client_id, "token": "x", "grant_type": "refresh_token"}
    answer = portal.portal.post(endpoint, fields, authenticate=False)
    assert (error_of(answer), answer.status_code) == ("invalid_client", 401)


def test_another_portals_name_signed_with_ones_own_key_proves_nothing(provider: Provider, portal: FapiPortal) -> None:
    key = KEYS["PS256"]
    other = fapi_portal(provider, jwks={"keys": [key.as_dict(private=False)]})
    claims = claims_of(other.portal.assertion())
    assert error_of(shows(portal, signed(claims, KEY, kid="portal-key"))) == "invalid_client"
