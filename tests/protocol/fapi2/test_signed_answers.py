"""Signed authorization answers (JARM, FAPI 2.0 Message Signing §5.4): by redirect and by form, codes and refusals."""

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal, fapi_portal
from tests.support.html_page import Page
from tests.support.id_tokens import verified
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


def read(portal: FapiPortal, answer: str, algorithm: str = "ES256") -> dict[str, str]:
    """JARM §2.4: signed by the provider, from it and for this portal, and still good."""
    header, claims = verified(answer, portal.portal.jwks, algorithm=algorithm)
    assert header.keys() <= {"alg", "kid", "typ"}
    assert (claims["iss"], claims["aud"]) == (portal.portal.issuer, portal.portal.client_id)
    assert 0 < claims["exp"] - portal.portal.now().timestamp() <= 600
    return claims


def only(page: Page) -> str:
    """The one parameter that came back."""
    found = dict(page.posted) or page.query
    assert found.keys() == {"response"}
    return found["response"]


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_a_code_comes_in_a_signed_answer(provider: Provider, visitor: Visitor, mode: str, algorithm: str) -> None:
    portal = fapi_portal(provider, authorization_signed_response_alg=algorithm)
    visitor.browser.open(portal.pushes(response_mode=mode, state="a state"))
    claims = read(portal, only(visitor.goes_on()), algorithm)
    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert claims["state"] == "a state"


def test_it_may_be_posted(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(response_mode="form_post.jwt", state="a state"))
    visitor.goes_on()
    page = visitor.browser.submit("form-post", button="continue")
    assert (page.url, page.query) == (portal.portal.callback, {})
    assert read(portal, only(page))["code"]


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_a_refusal_is_signed_too(provider: Provider, visitor: Visitor, mode: str) -> None:
    portal = fapi_portal(provider)
    page = visitor.browser.open(portal.pushes(response_mode=mode, prompt="none", state="a state"))
    claims = read(portal, only(page))
    assert claims.keys() - {"error_description"} == {"iss", "aud", "exp", "error", "state"}
    assert claims["error"] == "login_required"


def test_each_answer_is_another(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider)
    answers = []
    for _ in range(2):
        visitor.browser.open(portal.pushes(response_mode="jwt"))
        answers.append(only(visitor.goes_on()))
    assert answers[0] != answers[1]


def test_an_answer_is_no_token(provider: Provider, visitor: Visitor) -> None:
    """RFC 8725 §3.12: neither for userinfo nor as a hint at sign-out."""
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(response_mode="jwt"))
    answer = only(visitor.goes_on())
    assert portal.userinfo(answer).status_code == 401
    page = visitor.browser.open(portal.portal.sign_out_url(id_token_hint=answer))
    assert page.has("error")
