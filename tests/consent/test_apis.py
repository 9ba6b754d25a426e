"""The APIs of agencies that a portal may call: agreed to one by one, and never one for another (RFC 8707 §3)."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.consent import agreements
from idp.consent.agreements import what_is_asked
from idp.consent.apis import Api, apis_in, scopes_in
from tests.consent.test_page import asked_for, comes, recorded, says
from tests.support.fapi_portal import FapiPortal
from tests.support.forging import claims_of
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

CASES, LAND = "https://api.justice.example/cases", "https://api.land.example"
SCOPE = "openid profile justice.cases"
NAMES = st.sets(st.sampled_from([CASES, LAND, f"{LAND}/", "http://localhost:8010"]))
SCOPES = st.sets(st.sampled_from(["openid", "profile", "justice.cases", "land.records", "admin.read"]))


@pytest.fixture
def portal(provider: Provider) -> Portal:
    return provider.portal(resources=[CASES, LAND], scope=f"{SCOPE} land.records", consent="ask")


def apis_on(page: Page) -> list[str]:
    return [each.attributes["data-api"] for each in page.elements if "data-api" in each.attributes]


def test_a_yes_for_one_api_is_none_for_another(portal: Portal, visitor: Visitor) -> None:
    page = comes(visitor, portal, SCOPE, resource=CASES)
    assert apis_on(page) == [CASES]
    assert "api.justice.example/cases (quyền: justice.cases)" in page.text
    assert claims_of(portal.tokens(says(visitor, "allow")).access_token)["aud"] == CASES
    assert comes(visitor, portal, SCOPE, resource=CASES).stopped, "what was agreed to is remembered"
    assert portal.error(visitor.goes_to(portal, scope=SCOPE, resource=LAND, prompt="none")) == "consent_required"
    assert apis_on(comes(visitor, portal, SCOPE, resource=LAND)) == [LAND]
    assert portal.error(says(visitor, "deny")) == "access_denied"
    assert apis_on(comes(visitor, portal, SCOPE, resource=LAND)) == [LAND]
    assert claims_of(portal.tokens(says(visitor, "allow")).access_token)["aud"] == LAND
    for resource in (CASES, LAND):
        assert comes(visitor, portal, SCOPE, resource=resource).stopped


def test_a_yes_to_a_scope_at_one_api_is_none_at_another(portal: Portal, visitor: Visitor) -> None:
    for resource, scope in ((CASES, "openid justice.cases"), (LAND, "openid land.records")):
        assert comes(visitor, portal, scope, resource=resource).has("consent-form")
        assert says(visitor, "allow").stopped
    assert comes(visitor, portal, "openid land.records", resource=CASES).has("consent-form")


def test_an_api_is_asked_for_also_without_a_scope_of_its_own(portal: Portal, visitor: Visitor) -> None:
    assert says_yes(visitor, comes(visitor, portal, "openid profile")).stopped
    page = comes(visitor, portal, "openid profile", resource=LAND)
    assert (asked_for(page), apis_on(page)) == (["profile"], [LAND])


def test_a_request_that_was_pushed_names_its_apis_too(portal: Portal, visitor: Visitor) -> None:
    strict = FapiPortal(portal)
    visitor.browser.open(strict.pushes(scope=SCOPE, resource=LAND))
    visitor.gives_password()
    assert apis_on(visitor.gives_code()) == [LAND]
    assert claims_of(portal.tokens(says(visitor, "allow")).access_token)["aud"] == LAND


def test_an_agreement_from_before_apis_were_named_is_asked_for_once_again(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    """It holds for everything but APIs, and for portals without any it holds as before."""
    known = provider.parts.portals.get(portal.client_id)
    assert known is not None
    now, year = provider.clock.now(), timedelta(days=365)
    before = frozenset({"profile", "justice.cases"})
    account = visitor.citizen.account_id
    provider.run(provider.parts.database.run(agreements.give, account, known.id, before, lifetime=year, now=now))
    assert comes(visitor, portal, SCOPE).stopped
    assert comes(visitor, portal, SCOPE, resource=CASES).has("consent-form")
    assert says(visitor, "allow").stopped
    assert comes(visitor, portal, SCOPE, resource=CASES).stopped
    assert comes(visitor, portal, SCOPE).stopped


def test_the_record_and_the_persons_own_pages_name_the_apis(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    comes(visitor, portal, SCOPE, resource=CASES)
    says(visitor, "allow")
    details = {"scopes": ["justice.cases", "profile"], "apis": ["api.justice.example/cases"]}
    assert recorded(provider, visitor) == [("consent_given", details)]
    page = visitor.browser.open(f"{provider.issuer}/account/consents")
    assert (apis_on(page), asked_for(page)) == ([CASES], ["profile", "justice.cases"])
    assert (
        "Dịch vụ được dùng thay bạn: api.justice.example/cases"
        in visitor.browser.open(f"{provider.issuer}/account/activity").text
    )
    visitor.browser.open(f"{provider.issuer}/account/consents")
    visitor.browser.submit(f"withdraw-form-{portal.client_id}")
    assert comes(visitor, portal, SCOPE, resource=CASES).has("consent-form")


@given(NAMES, SCOPES, NAMES, SCOPES)
def test_an_agreement_covers_what_was_asked_and_no_more(
    named: set[str], scope: set[str], then: set[str], wanted: set[str]
) -> None:
    agreed, asked = what_is_asked(scope, (), named), what_is_asked(wanted, (), then)
    assert (asked <= agreed) is (then <= named and wanted - {"openid"} <= scope)
    assert scopes_in(agreed) == scope - {"openid"}
    assert [api.resource for api in apis_in(agreed)] == sorted(named)
    for api, name in product(apis_in(agreed), scope):
        assert (name in api.scopes) is ("." in name)


@pytest.mark.parametrize(
    ("resource", "address", "on_record"),
    [
        ("https://api.example/a", "api.example/a", "api.example/a"),
        ("https://api.example/", "api.example", "api.example"),
        ("http://localhost:8010", "http://localhost:8010", "http://localhost:8010"),
        ("https://api.example:444/a?b=~c", "api.example:444/a?b=~c", "api.example:444"),
    ],
)
def test_an_api_goes_by_its_address(resource: str, address: str, on_record: str) -> None:
    api = Api(resource, ())
    assert (api.address, api.on_record) == (address, on_record)


def says_yes(visitor: Visitor, page: Page) -> Page:
    assert page.has("consent-form")
    return says(visitor, "allow")
