"""Number and password: who gets on, and how little everybody else is told."""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.sign_in.people import WRONG, code_of, event_shown, events, in_state, types
from tests.support.citizens import PASSWORD
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

UNKNOWN = "003190999999"


def test_a_right_password_leads_to_the_second_factor(visitor: Visitor, portal: Portal) -> None:
    first = visitor.goes_to(portal)
    assert first.status == 200
    assert first.url.partition("?")[0].endswith("/authorize")
    page = visitor.gives_password()
    assert (page.status, page.has("otp-form"), page.has("error")) == (200, True, False)
    assert page.query == {"attempt": page.query["attempt"]}


@pytest.mark.parametrize(
    "spell",
    [
        lambda number: f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}",
        lambda number: f" {number[:3]}.{number[3:6]}.{number[6:]}\u00a0",
        lambda number: f"{number[:3]}-{number[3:]}",
        lambda number: "".join(chr(ord(digit) + 0xFEE0) for digit in number),
    ],
    ids=["groups", "dots", "dash", "full-width"],
)
def test_a_number_may_be_typed_in_groups(visitor: Visitor, portal: Portal, spell: Callable[[str], str]) -> None:
    visitor.goes_to(portal)
    assert types(visitor, number=spell(visitor.citizen.number), password=PASSWORD).has("otp-form")


def test_a_password_is_right_from_every_keyboard(visitor: Visitor, portal: Portal) -> None:
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    visitor.goes_to(portal)
    assert types(visitor, password=decomposed).has("otp-form")


@pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], "", "x" * 4000])
def test_nothing_else_is_right(visitor: Visitor, portal: Portal, password: str) -> None:
    visitor.goes_to(portal)
    page = types(visitor, password=password)
    assert (page.status, code_of(page)) == (403, "wrong_number_or_password")


def test_the_form_comes_back_with_the_number_and_without_the_password(
    provider: Provider, visitor: Visitor, portal: Portal
) -> None:
    visitor.goes_to(portal)
    page = types(visitor)
    fields = dict(page.form("sign-in-form").fields)
    assert (fields["citizen_number"], fields["password"]) == (visitor.citizen.number, "")
    assert WRONG not in page.html
    assert event_shown(provider, page) == (
        "sign_in_refused",
        {"method": "password", "reason": "wrong_number_or_password"},
        visitor.citizen.account_id,
    )
    assert visitor.gives_password().has("otp-form")


def test_the_form_that_came_back_speaks_the_other_language_too(visitor: Visitor, portal: Portal) -> None:
    visitor.goes_to(portal)
    page = types(visitor)
    [link] = [each.attributes["href"] for each in page.elements if each.attributes.get("hreflang") == "en"]
    page = visitor.browser.open(page.url.partition("/sign-in")[0] + link)
    assert page.element("sign-in").text == "Sign in"
    assert visitor.gives_password().has("otp-form")


NUMBERS = {"unknown": UNKNOWN, "no number": "tên tôi", "nine digits": "012345678", "empty": ""}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_unknown_people_get_the_very_same_answer(provider: Provider, portal: Portal, number: str) -> None:
    known, stranger = provider.visitor(), provider.visitor()
    for visitor in (known, stranger):
        visitor.goes_to(portal)
    wrong = types(known)
    unknown = types(stranger, number=number or " ")
    assert _without_what_differs(wrong, known.citizen.number) == _without_what_differs(unknown, number or " ")
    names = [sorted(key for _, _, key in each.browser.cookies.held) for each in (known, stranger)]
    assert [_nameless(each) for each in names[:1]] == [_nameless(each) for each in names[1:]]
    assert event_shown(provider, unknown)[2] is None


def _without_what_differs(page: Page, number: str) -> tuple[int, dict[str, str], str]:
    html = page.html.replace(f'value="{number}"', 'value=""')
    html = re.sub(r'(name="(?:csrf|attempt)" value|nonce|data-reference)="[^"]*"', r'\1=""', html)
    html = re.sub(r'(href="/language\?)[^"]*"', r'\1"', html)
    html = re.sub(r"\b[0-9A-Z]{4}-[0-9A-Z]{4,5}\b", "", html)
    headers = {name: value for name, value in page.headers.items() if name not in ("date", "content-length")}
    headers["content-security-policy"] = re.sub(r"nonce-[^']*", "nonce", headers["content-security-policy"])
    return page.status, headers, html


def _nameless(cookies: list[str]) -> list[str]:
    return [re.sub(r"[0-9a-f]{12}$", "", name) for name in cookies]


def test_a_portal_of_level_1_is_content_with_a_password(
    provider: Provider, visitor: Visitor, easy_portal: Portal
) -> None:
    visitor.goes_to(easy_portal)
    tokens = easy_portal.tokens(visitor.gives_password())
    assert tokens.claims["acr"] == "urn:vn:eid:auth-level:1"
    assert tokens.claims["amr"] == ["pwd"]
    assert ("sign_in_succeeded", {"methods": ["pwd"], "level": 1}) in events(provider, visitor.citizen.account_id)


def test_a_plausible_hint_is_filled_in(visitor: Visitor, portal: Portal) -> None:
    page = visitor.goes_to(portal, login_hint="003 190 000 001")
    assert dict(page.form("sign-in-form").fields)["citizen_number"] == "003190000001"
    page = visitor.goes_to(portal, login_hint='"><script>alert(1)</script>')
    assert dict(page.form("sign-in-form").fields)["citizen_number"] == ""


def test_the_page_says_for_whom(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(
        agency="Bộ Tư pháp",
        **{"client_name#vi": "Cổng dịch vụ công", "client_name": "Public services"},
        policy_uri="https://a.example/policy",
        tos_uri="https://a.example/terms",
        logo_uri="https://a.example/logo.png",
    )
    page = visitor.goes_to(portal)
    assert page.element("portal").text == "Cổng dịch vụ công Bộ Tư pháp"
    assert page.link("portal-policy") == "https://a.example/policy"
    assert page.link("portal-terms") == "https://a.example/terms"
    assert page.link("portal-logo") == "https://a.example/logo.png"
    assert "<img" not in page.html.partition("<main")[2]


def test_fields_say_what_they_are_to_browsers_and_password_managers(visitor: Visitor, portal: Portal) -> None:
    page = visitor.goes_to(portal)
    number, password = page.element("citizen_number").attributes, page.element("password").attributes
    assert (number["autocomplete"], number["inputmode"]) == ("username", "numeric")
    assert (password["autocomplete"], password["type"]) == ("current-password", "password")
    assert "onpaste" not in page.html


def test_a_form_without_its_attempt_is_refused(visitor: Visitor, portal: Portal) -> None:
    visitor.goes_to(portal)
    page = visitor.browser.submit("sign-in-form", {"attempt": "0123456789ab"})
    assert (page.status, code_of(page)) == (410, "attempt_missing")


@pytest.mark.parametrize("name", ["", "../x", "A" * 12, "0" * 4000])
def test_a_page_without_its_attempt_is_refused(provider: Provider, name: str) -> None:
    for path in ("password", "otp", "sms", "recovery"):
        page = provider.browser().open(f"{provider.issuer}/sign-in/{path}?{urlencode({'attempt': name})}")
        assert (page.status, code_of(page)) == (410, "attempt_missing")


def test_an_attempt_ends_by_its_time(visitor: Visitor, portal: Portal, now: ManualClock) -> None:
    visitor.goes_to(portal)
    now.advance(minutes=15)
    page = visitor.gives_password()
    assert (page.status, code_of(page)) == (410, "attempt_missing")


def test_a_form_from_elsewhere_is_refused_and_written_down(
    provider: Provider, visitor: Visitor, portal: Portal
) -> None:
    visitor.goes_to(portal)
    page = visitor.browser.submit("sign-in-form", {"csrf": "x" * 43})
    assert (page.status, code_of(page)) == (403, "stale_form")
    assert event_shown(provider, page)[:2] == ("form_refused", {"form": "password", "reason": "stale_form"})


def test_an_account_that_may_not_be_used_is_told_so_to_whoever_has_its_password(
    provider: Provider, visitor: Visitor, easy_portal: Portal
) -> None:
    in_state(provider, visitor.citizen, "suspended")
    visitor.goes_to(easy_portal)
    assert code_of(types(visitor)) == "wrong_number_or_password"
    page = visitor.gives_password()
    assert (page.status, code_of(page)) == (403, "account_unusable")
    assert event_shown(provider, page)[1] == {"method": "password", "reason": "account_unusable"}
    assert visitor.browser.cookies.get("localhost", "__Host-session") is None


def test_nobody_signs_in_without_a_password_first(visitor: Visitor, portal: Portal) -> None:
    page = visitor.goes_to(portal)
    name = dict(page.form("sign-in-form").fields)["attempt"]
    for path in ("otp", "sms", "recovery"):
        page = visitor.browser.open(page.url.partition("/authorize")[0] + f"/sign-in/{path}?attempt={name}")
        assert code_of(page) == "attempt_missing"
        page = visitor.goes_to(portal)
        name = dict(page.form("sign-in-form").fields)["attempt"]
