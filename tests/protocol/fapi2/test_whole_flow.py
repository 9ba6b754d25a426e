"""A portal of the strict profile from its pushed request to userinfo."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.fapi_portal import fapi_portal
from tests.support.id_tokens import verified
from tests.support.portal import error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_a_person_signs_in(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes())
    answer = portal.redeem(visitor.goes_on())
    tokens = answer.json()
    assert (answer.status_code, tokens["token_type"]) == (200, "DPoP"), answer.text
    told = portal.userinfo(tokens["access_token"])
    assert told.status_code == 200, told.text
    fresh = portal.refresh(tokens["refresh_token"]).json()
    assert fresh["refresh_token"] == tokens["refresh_token"]
    assert portal.userinfo(fresh["access_token"]).json() == told.json()


def test_the_answer_is_one_signed_parameter_where_that_is_asked(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(response_mode="jwt"))
    page = visitor.goes_on()
    query = parse_qs(urlsplit(page.url).query)
    assert query.keys() == {"response"}
    _, claims = verified(query["response"][0], portal.portal.jwks, algorithm="ES256")
    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"]) == (provider.issuer, portal.portal.client_id)


def test_a_request_that_was_not_pushed_is_told_to_the_portal(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    assert portal.portal.error(visitor.browser.open(portal.portal.ask())) == "invalid_request"


def test_a_name_leads_to_one_code(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    address = portal.pushes()
    visitor.browser.open(address)
    portal.portal.code(visitor.goes_on())
    page = visitor.browser.open(address)
    assert page.element("error").attributes["data-code"] == "pushed_request_unknown"


@pytest.mark.parametrize("seconds", [89, 91])
def test_a_name_is_brought_within_ninety_seconds(provider: Provider, visitor: Visitor, seconds: int) -> None:
    portal = fapi_portal(provider)
    address = portal.pushes()
    provider.clock.advance(seconds=seconds)
    page = visitor.browser.open(address)
    assert page.has("sign-in-form") == (seconds < 90)


def test_whoever_came_in_time_has_the_time_of_an_attempt(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(state="x" * 3000))
    provider.clock.advance(minutes=5)
    assert portal.portal.answer(visitor.goes_on())["state"] == "x" * 3000


def test_a_token_is_worth_nothing_without_its_key(provider: Provider, visitor: Visitor) -> None:
    portal, thief = fapi_portal(provider), fapi_portal(provider)
    visitor.browser.open(portal.pushes())
    token = portal.redeem(visitor.goes_on()).json()["access_token"]
    assert portal.userinfo(token, scheme="Bearer", proof=None).status_code == 401
    assert portal.userinfo(token, proof=None).status_code == 401
    stolen = thief.userinfo(token)
    assert (stolen.status_code, stolen.json()["error"]) == (401, "invalid_token")


def test_no_token_is_given_without_a_proof_and_the_code_is_not_lost(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes())
    page = visitor.goes_on()
    assert error_of(portal.redeem(page, proof=None)) == "invalid_request"
    assert portal.redeem(page).status_code == 200
