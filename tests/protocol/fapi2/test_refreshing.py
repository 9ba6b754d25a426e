"""Refresh tokens of a strict portal: bound to it, not rotated, and what they give is bound to the key that is shown."""

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal, fapi_portal, proof_key
from tests.support.forging import claims_of
from tests.support.portal import error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


@pytest.fixture
def portal(provider: Provider) -> FapiPortal:
    return fapi_portal(provider, scope="openid profile email")


@pytest.fixture
def refresh_token(portal: FapiPortal, visitor: Visitor) -> str:
    visitor.browser.open(portal.pushes(scope="openid profile email"))
    token: str = portal.redeem(visitor.goes_on()).json()["refresh_token"]
    return token


def test_it_is_not_rotated(portal: FapiPortal, refresh_token: str) -> None:
    """FAPI 2.0 §5.3.2.1 item 10: a lost answer must not end the sign-in."""
    for _ in range(3):
        answer = portal.refresh(refresh_token).json()
        assert answer["refresh_token"] == refresh_token
        assert answer["token_type"] == "DPoP"
        assert portal.userinfo(answer["access_token"]).status_code == 200


def test_it_is_of_no_use_to_another_portal(provider: Provider, portal: FapiPortal, refresh_token: str) -> None:
    thief = fapi_portal(provider)
    assert error_of(thief.refresh(refresh_token)) == "invalid_grant"
    assert portal.refresh(refresh_token).status_code == 200


def test_it_needs_a_proof(portal: FapiPortal, refresh_token: str) -> None:
    assert error_of(portal.refresh(refresh_token, proof=None)) == "invalid_request"


def test_the_new_token_is_bound_to_the_key_that_is_shown(portal: FapiPortal, refresh_token: str) -> None:
    """RFC 9449 §5: a confidential portal may change its key, for it proves itself otherwise."""
    old = portal.key
    portal.key = proof_key()
    token = portal.refresh(refresh_token).json()["access_token"]
    assert claims_of(token)["cnf"] == {"jkt": portal.key.thumbprint()}
    assert portal.userinfo(token).status_code == 200
    portal.key = old
    assert portal.userinfo(token).status_code == 401


def test_it_gives_no_more_than_was_granted(portal: FapiPortal, refresh_token: str) -> None:
    less = portal.refresh(refresh_token, scope="openid email").json()
    assert set(less["scope"].split()) == {"openid", "email"}
    assert error_of(portal.refresh(refresh_token, scope="openid phone")) == "invalid_scope"


def test_the_tokens_say_what_they_are(portal: FapiPortal, refresh_token: str) -> None:
    """RFC 9068 §2, RFC 9449 §6.1; and what introspection says of it (§6.2)."""
    answer = portal.refresh(refresh_token).json()
    claims = claims_of(answer["access_token"])
    assert claims.keys() >= {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "cnf"}
    told = portal.portal.introspect(answer["access_token"])
    assert (told["active"], told["cnf"], told["token_type"]) == (True, claims["cnf"], "DPoP")


def test_it_is_revoked(portal: FapiPortal, refresh_token: str) -> None:
    """RFC 7009, with all that came of it."""
    token = portal.refresh(refresh_token).json()["access_token"]
    portal.portal.revoke(refresh_token)
    assert error_of(portal.refresh(refresh_token)) == "invalid_grant"
    assert portal.userinfo(token).status_code == 401
