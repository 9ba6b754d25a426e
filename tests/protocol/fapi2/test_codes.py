"""Authorization codes of a strict portal: whose they are, which key they are tied to, how long and how often good."""

import pytest

from tests.support.fapi_portal import FapiPortal, fapi_portal, proof_key
from tests.support.portal import error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.fixture
def portal(provider: Provider) -> FapiPortal:
    return fapi_portal(provider)


def test_a_code_is_of_no_use_to_another_portal(provider: Provider, visitor: Visitor, portal: FapiPortal) -> None:
    """FAPI 2.0 §5.3.2.1: codes are bound to the portal."""
    thief = fapi_portal(provider)
    visitor.browser.open(portal.pushes())
    page = visitor.goes_on()
    asked = portal.portal.last
    fields = {"grant_type": "authorization_code", "code": portal.portal.code(page)}
    fields |= {"redirect_uri": asked.redirect_uri, "code_verifier": asked.verifier or ""}
    assert error_of(thief.post("token", fields)) == "invalid_grant"


@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_a_code_is_good_once(provider: Provider, visitor: Visitor, portal: FapiPortal, seconds: int) -> None:
    """... and what came of it is taken back (RFC 6749 §4.1.2)."""
    visitor.browser.open(portal.pushes())
    page = visitor.goes_on()
    tokens = portal.redeem(page).json()
    provider.clock.advance(seconds=seconds)
    assert error_of(portal.redeem(page)) == "invalid_grant"
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert error_of(portal.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize(("seconds", "is_good"), [(59, True), (61, False)])
def test_a_code_lives_a_minute(
    provider: Provider, visitor: Visitor, portal: FapiPortal, seconds: int, is_good: bool
) -> None:
    """FAPI 2.0 §5.3.2.1 item 11."""
    visitor.browser.open(portal.pushes())
    page = visitor.goes_on()
    provider.clock.advance(seconds=seconds)
    answer = portal.redeem(page)
    assert answer.status_code == 200 if is_good else error_of(answer) == "invalid_grant"


@pytest.mark.parametrize("verifier", ["", "x" * 43, "short"])
def test_the_verifier_must_be_the_one(visitor: Visitor, portal: FapiPortal, verifier: str) -> None:
    visitor.browser.open(portal.pushes())
    assert error_of(portal.redeem(visitor.goes_on(), code_verifier=verifier)) in ("invalid_grant", "invalid_request")


def test_the_address_must_be_the_one(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider, redirect_uris=["https://a.example/callback", "https://a.example/other"])
    visitor.browser.open(portal.pushes())
    answer = portal.redeem(visitor.goes_on(), redirect_uri="https://a.example/other")
    assert error_of(answer) == "invalid_grant"


@pytest.mark.parametrize("where", ["dpop_jkt", "a proof at /par", "both"])
def test_a_code_is_tied_to_the_key_that_was_named(visitor: Visitor, portal: FapiPortal, where: str) -> None:
    """RFC 9449 §10, §10.1: whoever has code and verifier has nothing without the key."""
    jkt = portal.key.thumbprint() if where != "a proof at /par" else None
    proof = "" if where != "dpop_jkt" else None
    visitor.browser.open(portal.address(portal.push(proof=proof, dpop_jkt=jkt)))
    page = visitor.goes_on()
    right, portal.key = portal.key, proof_key()
    assert error_of(portal.redeem(page)) in ("invalid_grant", "invalid_dpop_proof")
    portal.key = right
    visitor.browser.open(portal.address(portal.push(proof=proof, dpop_jkt=jkt)))
    assert portal.redeem(visitor.goes_on()).status_code == 200


def test_another_key_than_the_proofs_is_not_taken_at_par(portal: FapiPortal) -> None:
    """§10.1."""
    answer = portal.push(proof="", dpop_jkt=proof_key().thumbprint())
    assert error_of(answer) in ("invalid_dpop_proof", "invalid_request")


def test_a_name_that_was_used_leads_to_no_second_code(visitor: Visitor, portal: FapiPortal) -> None:
    address = portal.pushes()
    visitor.browser.open(address)
    assert portal.redeem(visitor.goes_on()).status_code == 200
    assert visitor.browser.open(address).has("error")
