"""What `fapi2-security-profile-final` and `fapi2-message-signing-final` begin with, by DPoP, over TLS, in real time."""

from typing import Any

import pytest

from tests.acceptance.suite import Person, Suite
from tests.support.fapi_portal import FapiPortal
from tests.support.html_page import Page
from tests.support.id_tokens import read_id_token, verified
from tests.support.portal import error_of

SCOPE = "openid profile offline_access"


@pytest.fixture
def portal(suite: Suite) -> FapiPortal:
    return FapiPortal(suite.portal("by-proof"))


@pytest.fixture
def second(suite: Suite) -> FapiPortal:
    return FapiPortal(suite.portal("by-proof-2"))


def signs_in(woman: Person, address: str) -> Page:
    """With a password alone, where one is asked for, and with consent where that is."""
    if woman.browser.open(address).has("sign-in-form"):
        woman.gives_password()
    if woman.browser.page.has("consent-form"):
        woman.browser.submit("consent-form", button="allow")
    return woman.browser.page


def tokens(portal: FapiPortal, woman: Person, **asked: str) -> dict[str, Any]:
    answer = portal.redeem(signs_in(woman, portal.pushes(**asked)))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_happy_flow_with_both_clients(portal: FapiPortal, second: FapiPortal, woman: Person) -> None:
    """The suite's second client sends a state of 128 letters."""
    for each, state in ((portal, "x" * 10), (second, "y" * 128)):
        told = tokens(each, woman, scope=SCOPE, state=state, prompt="consent")
        assert (told["token_type"], told["expires_in"] > 0) == ("DPoP", True)
        claims = read_id_token(
            told["id_token"],
            each.portal.jwks,
            algorithm="ES256",
            issuer=each.portal.issuer,
            client_id=each.portal.client_id,
            nonce=each.portal.last.nonce,
            access_token=told["access_token"],
            now=each.portal.now(),
        )
        person = each.userinfo(told["access_token"])
        assert (person.status_code, person.json()["sub"]) == (200, claims["sub"])
        assert person.headers["date"]
        assert len(told["access_token"]) > 100
        assert len(told["refresh_token"]) >= 43
        fresh = each.refresh(told["refresh_token"])
        assert fresh.json()["refresh_token"] == told["refresh_token"]
        assert error_of(each.refresh(told["refresh_token"], proof=None)) == "invalid_request"


def test_a_refresh_token_is_its_portals_alone(portal: FapiPortal, second: FapiPortal, woman: Person) -> None:
    told = tokens(portal, woman, scope=SCOPE, prompt="consent")
    assert error_of(second.refresh(told["refresh_token"])) == "invalid_grant"


def test_point_9_the_name_of_a_request_lives_between_sixty_and_ninety_seconds(portal: FapiPortal) -> None:
    assert 60 <= portal.push().json()["expires_in"] <= 90


def test_a_signed_request_and_a_signed_answer(suite: Suite, woman: Person) -> None:
    portal = FapiPortal(suite.portal("signing"))
    assert error_of(portal.push(response_mode="jwt")) == "invalid_request"
    asked = {"response_mode": "jwt", "state": "signed"}
    page = signs_in(woman, portal.address(portal.push_signed(portal.request_object(asked=asked))))
    assert page.query.keys() == {"response"}
    _, answer = verified(page.query["response"], portal.portal.jwks, algorithm="ES256")
    assert (answer["state"], answer["iss"], answer["aud"]) == ("signed", suite.issuer, portal.portal.client_id)


def test_without_a_pushed_request_nothing_begins(portal: FapiPortal, woman: Person) -> None:
    assert portal.portal.error(woman.goes_to(portal.portal)) == "invalid_request"


def test_a_name_that_is_used_up_ends_on_a_page(portal: FapiPortal, woman: Person) -> None:
    address = portal.pushes()
    signs_in(woman, address)
    assert woman.browser.open(address).element("error").attributes["data-code"] == "pushed_request_unknown"


def test_plain_oauth_calls_the_api(suite: Suite, woman: Person) -> None:
    """The plans' variant without OpenID Connect: no ID token, and a resource that is not userinfo."""
    portal = FapiPortal(suite.portal("by-proof-at-api"))
    told = tokens(portal, woman, scope="demo.api", nonce="", prompt="consent")
    assert "id_token" not in told
    answer = portal.call(f"{suite.issuer}/demo-api", told["access_token"])
    assert (answer.status_code, answer.json()["scope"]) == (200, "demo.api")
    assert portal.userinfo(told["access_token"]).status_code == 403
