"""Access tokens for the APIs of others (RFC 8707)."""

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal
from tests.support.forging import claims_of
from tests.support.portal import Portal, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

CASES, LAND = "https://api.justice.example/cases", "https://api.land.example"
SCOPE = "openid profile justice.cases"


@pytest.fixture
def portal(provider: Provider) -> Portal:
    return provider.portal(resources=[CASES, LAND], scope=SCOPE, refresh="session")


def redeemed(portal: Portal, visitor: Visitor, asked: str | None) -> dict[str, str]:
    page = visitor.signs_in_at(portal, resource=asked, scope=SCOPE)
    answer = portal.redeem(portal.code(page))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_token_is_for_what_was_named_and_carries_nothing_else(portal: Portal, visitor: Visitor) -> None:
    tokens = redeemed(portal, visitor, CASES)
    claims = claims_of(tokens["access_token"])
    assert (claims["aud"], claims["scope"], tokens["scope"]) == (CASES, "justice.cases", "justice.cases")
    assert tokens["id_token"]
    refused = portal.userinfo(tokens["access_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_without_a_name_it_is_ours(portal: Portal, visitor: Visitor) -> None:
    tokens = redeemed(portal, visitor, None)
    assert claims_of(tokens["access_token"])["aud"] == portal.issuer
    assert portal.userinfo(tokens["access_token"]).status_code == 200


def test_a_refresh_chooses_among_what_was_granted(portal: Portal, visitor: Visitor) -> None:
    visitor.signs_in_at(portal, scope=SCOPE)
    address = f"{portal.ask(scope=SCOPE, resource=CASES)}&resource={LAND}"
    answer = portal.redeem(portal.code(visitor.browser.open(address)), resource=LAND)
    assert claims_of(answer.json()["access_token"])["aud"] == LAND
    fresh = portal.refresh(answer.json()["refresh_token"], resource=portal.issuer).json()
    assert portal.userinfo(fresh["access_token"]).status_code == 200
    both = portal.refresh(fresh["refresh_token"]).json()
    assert claims_of(both["access_token"])["aud"] == [CASES, LAND]


@pytest.mark.parametrize("named", ["https://api.elsewhere.example", f"{CASES}/", "x", "https://api.land.example#a"])
def test_what_is_not_registered_is_refused_at_authorize(portal: Portal, visitor: Visitor, named: str) -> None:
    assert portal.error(visitor.goes_to(portal, resource=named)) == "invalid_target"


def test_what_was_not_granted_is_refused_at_the_token_endpoint(portal: Portal, visitor: Visitor) -> None:
    tokens = redeemed(portal, visitor, CASES)
    refused = portal.refresh(tokens["refresh_token"], resource=LAND)
    assert error_of(refused) == "invalid_target"
    # It was found before the token was spent: the portal may ask again.
    assert portal.refresh(tokens["refresh_token"]).status_code == 200


def test_we_and_others_are_asked_for_apart(portal: Portal, visitor: Visitor) -> None:
    tokens = redeemed(portal, visitor, CASES)
    fields = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"])]
    answer = portal.post("token", [*fields, ("resource", CASES), ("resource", portal.issuer)])
    assert error_of(answer) == "invalid_target"


def test_a_service_names_its_api(provider: Provider) -> None:
    service = provider.portal(profile="service", scope="demo.api", resources=[CASES])
    fields = {"grant_type": "client_credentials"}
    assert claims_of(service.post("token", fields).json()["access_token"])["aud"] == CASES
    ours = service.post("token", {**fields, "resource": provider.issuer}).json()
    assert claims_of(ours["access_token"])["aud"] == provider.issuer
    assert error_of(service.post("token", {**fields, "resource": LAND})) == "invalid_target"


def test_introspection_tells_for_whom_a_token_is(portal: Portal, visitor: Visitor) -> None:
    assert portal.introspect(redeemed(portal, visitor, CASES)["access_token"])["aud"] == CASES


@pytest.mark.parametrize("twice", ["state=a&state=b", "scope=openid&scope=openid"])
def test_nothing_else_may_come_twice(portal: Portal, visitor: Visitor, twice: str) -> None:
    page = visitor.browser.open(f"{portal.ask(state=None, scope=None)}&{twice}")
    assert page.element("error").attributes["data-code"] == "repeated_field"


def test_the_person_is_asked_about_the_api_by_its_name(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(resources=[CASES], scope=SCOPE, consent="ask")
    visitor.goes_to(portal, scope=SCOPE, resource=CASES)
    visitor.gives_password()
    page = visitor.gives_code()
    assert page.has("consent-form")
    assert "justice.cases" in page.element("asked").text
    visitor.browser.submit("consent-form", button="allow")
    portal.code(visitor.browser.page)
    assert "justice.cases" in visitor.browser.open(f"{provider.issuer}/account/consents").text


def test_a_strict_portal_may_act_for_itself_too(provider: Provider) -> None:
    """FAPI 2.0 with client credentials: an API's scope, and a token that is bound like every other."""
    grants = ["authorization_code", "client_credentials"]
    strict = FapiPortal(provider.portal(profile="fapi2", grant_types=grants, scope="openid demo.api"))
    answer = strict.post("token", {"grant_type": "client_credentials"}).json()
    assert (answer["token_type"], answer["scope"]) == ("DPoP", "demo.api")
    assert claims_of(answer["access_token"])["cnf"] == {"jkt": strict.key.thumbprint()}
