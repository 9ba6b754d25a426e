"""The question whether a portal may know something: what is asked, what follows from yes and from no."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from sqlalchemy import bindparam, select

from idp.audit.tables import audit_events
from idp.consent import agreements
from idp.portals.scopes import ABOUT_A_PERSON
from idp.storage import Row, Statement, Unit
from idp.web.template_folder import template_folder
from idp.web.translations import Translations
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

SCOPE = "openid profile phone"
_CONSENT_EVENTS = Statement(
    select(audit_events.c.event, audit_events.c.details)
    .where(audit_events.c.account_id == bindparam("account"), audit_events.c.event.like("consent%"))
    .order_by(audit_events.c.id)
)


def comes(visitor: Visitor, portal: Portal, scope: str = SCOPE, **asked: str) -> Page:
    """Sign in as far as the question, or past it."""
    visitor.goes_to(portal, scope=scope, **asked)
    if visitor.browser.page.has("sign-in-form"):
        visitor.gives_password()
    if visitor.browser.page.has("otp-form"):
        visitor.gives_code()
    return visitor.browser.page


def says(visitor: Visitor, decision: str, **fields: str | None) -> Page:
    return visitor.browser.submit("consent-form", fields, button=decision)


def asked_for(page: Page) -> list[str]:
    return [each.attributes["data-scope"] for each in page.elements if "data-scope" in each.attributes]


def recorded(provider: Provider, visitor: Visitor) -> list[tuple[str, Mapping[str, Any]]]:
    rows = provider.run(provider.parts.database.read(_events, visitor))
    return [(row.event, orjson.loads(row.details)) for row in rows]


def _events(db: Unit, visitor: Visitor) -> list[Row]:
    return db.all(_CONSENT_EVENTS, account=visitor.citizen.account_id)


def test_a_portal_is_answered_only_after_a_yes(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    page = comes(visitor, portal)
    assert page.url.partition("?")[0] == f"{provider.issuer}/consent"
    assert portal.tokens(says(visitor, "allow")).scope.split() == SCOPE.split()
    assert recorded(provider, visitor) == [("consent_given", {"scopes": ["phone", "profile"], "apis": []})]


def test_a_no_goes_back_to_the_portal_and_is_asked_again_next_time(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    comes(visitor, portal)
    assert portal.error(says(visitor, "deny")) == "access_denied"
    assert recorded(provider, visitor) == [("consent_denied", {"scopes": ["phone", "profile"], "apis": []})]
    assert comes(visitor, portal).has("consent-form")


def test_who_asks_and_what_is_in_plain_words(provider: Provider, visitor: Visitor, now: ManualClock) -> None:
    portal = provider.portal(
        consent="ask",
        agency="Uỷ ban nhân dân tỉnh Lào Cai",
        scope="openid profile email phone address account_level citizen_number offline_access",
        refresh="offline",
        legal_basis="Điều 10 Luật Căn cước 2023",
        policy_uri="https://portal.example/policy",
        tos_uri="https://portal.example/terms",
    )
    page = comes(visitor, portal, str(portal.members["scope"]), prompt="consent")
    name = str(portal.members["client_name#vi"])
    assert page.element("portal").text == f"{name} Uỷ ban nhân dân tỉnh Lào Cai"
    assert asked_for(page) == [
        "profile",
        "citizen_number",
        "address",
        "phone",
        "email",
        "account_level",
        "offline_access",
    ]
    words = page.element("asked").text
    for said in ("Nơi thường trú", "Số điện thoại", "Họ, chữ đệm và tên", "Căn cứ: Điều 10 Luật Căn cước 2023."):
        assert said in words
    assert "rút lại sự đồng ý" in page.text
    assert "hết ngày" in page.text
    assert page.link("portal-policy") == "https://portal.example/policy"
    assert visitor.citizen.number not in page.html


def test_a_logo_is_a_link_and_nothing_is_fetched(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(consent="ask", logo_uri="https://portal.example/logo.png")
    page = comes(visitor, portal, "openid")
    assert [each.attributes["src"] for each in page.elements if each.tag == "img"] == [
        each.attributes["href"] for each in page.elements if each.attributes.get("rel") == "icon"
    ]
    assert page.link("portal-logo") == "https://portal.example/logo.png"


def test_what_was_agreed_is_remembered_for_everything_it_covers(portal: Portal, visitor: Visitor) -> None:
    comes(visitor, portal)
    assert says(visitor, "allow").stopped
    assert comes(visitor, portal).stopped
    assert comes(visitor, portal, "openid phone").stopped
    assert asked_for(comes(visitor, portal, f"{SCOPE} address")) == ["profile", "address", "phone"]


def test_single_claims_are_asked_for_as_the_scope_they_belong_to(portal: Portal, visitor: Visitor) -> None:
    page = comes(visitor, portal, "openid", claims='{"userinfo": {"phone_number": null}}')
    assert asked_for(page) == ["phone"]


def test_even_signing_in_is_asked_for_the_first_time(portal: Portal, visitor: Visitor) -> None:
    page = comes(visitor, portal, "openid")
    assert asked_for(page) == []
    assert says(visitor, "allow").stopped
    assert comes(visitor, portal, "openid").stopped


def test_an_agreement_ends_after_its_time(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    comes(visitor, portal)
    assert says(visitor, "allow").stopped
    visitor.clock.advance(days=365)
    assert comes(visitor, portal).has("consent-form")
    assert says(visitor, "allow").stopped


def test_an_agreement_can_be_taken_back(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    comes(visitor, portal)
    tokens = portal.tokens(says(visitor, "allow"))
    parts, account_id = provider.parts, visitor.citizen.account_id
    [agreed] = provider.run(parts.database.read(agreements.current, account_id, now=visitor.clock.now()))
    provider.run(parts.database.run(agreements.withdraw, account_id, agreed.portal_id, now=visitor.clock.now()))
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert comes(visitor, portal).has("consent-form")


@pytest.mark.parametrize("asking", [{"consent": "always"}, {"consent": "ask"}], ids=["always", "prompt"])
def test_some_ask_each_time(provider: Provider, visitor: Visitor, asking: dict[str, str]) -> None:
    portal = provider.portal(**asking)
    more = {} if asking["consent"] == "always" else {"prompt": "consent"}
    for decision in ("allow", "allow", "deny"):
        visitor.clock.advance(seconds=1)
        page = comes(visitor, portal, "openid", **more)
        assert page.has("consent-form")
        assert says(visitor, decision).stopped
    assert ("hỏi lại bạn mỗi lần" in page.text) is (asking["consent"] == "always")


def test_silence_is_neither_yes_nor_no(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    page = comes(visitor, portal)
    form = page.form("consent-form")
    for extra in ({}, {"decision": ""}, {"decision": "maybe"}):
        headers = {"cookie": visitor.browser.cookies.header(form.action)}
        answer = provider.http.post(form.action, data={**dict(form.fields), **extra}, headers=headers)
        assert answer.headers["location"] == page.url.removeprefix(provider.issuer)
    assert recorded(provider, visitor) == []


def test_a_form_from_elsewhere_counts_for_nothing(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    comes(visitor, portal)
    page = says(visitor, "allow", csrf="x" * 43)
    assert (page.status, page.element("error").attributes["data-code"]) == (403, "stale_form")
    assert recorded(provider, visitor) == []


def test_a_page_shown_to_one_person_is_no_yes_of_another(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    comes(visitor, portal)
    shown = visitor.browser.page
    second = Visitor(provider.newcomer(), provider.browser(), visitor.clock)
    comes(second, portal)
    # The browser is the second person's by now; the first one's page is still open in a tab.
    mark = dict(shown.form("consent-form").fields)["shown_to"]
    page = says(second, "allow", shown_to=mark)
    assert page.has("consent-form")
    assert recorded(provider, second) == []
    assert says(second, "allow").stopped


def test_whoever_is_signed_out_meanwhile_signs_in_again_first(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    page = comes(visitor, portal)
    visitor.clock.advance(minutes=14)
    session = next(key for key in visitor.browser.cookies.held if key[2] == "__Host-session")
    del visitor.browser.cookies.held[session]
    assert says(visitor, "allow").has("sign-in-form")
    assert visitor.browser.open(page.url).has("sign-in-form")
    assert recorded(provider, visitor) == []


@pytest.mark.parametrize("name", ["", "0123456789ab"])
def test_without_an_attempt_nothing_is_asked(provider: Provider, portal: Portal, visitor: Visitor, name: str) -> None:
    comes(visitor, portal)
    page = says(visitor, "allow", attempt=name)
    assert (page.status, page.element("error").attributes["data-code"]) == (410, "attempt_missing")
    page = visitor.browser.open(f"{provider.issuer}/consent?attempt={name}")
    assert (page.status, page.element("error").attributes["data-code"]) == (410, "attempt_missing")


@pytest.mark.parametrize("scope", sorted(ABOUT_A_PERSON - agreements.ALWAYS_TOLD))
def test_every_scope_has_words_of_its_own(scope: str) -> None:
    translations = Translations.load(template_folder() / "translations")
    assert translations.has(f"consent.scope.{scope}")
