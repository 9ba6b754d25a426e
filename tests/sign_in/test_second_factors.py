"""The second factor: which is asked for, what else is offered, and how a session comes of it."""

from datetime import timedelta
from http import HTTPStatus

from idp.accounts.one_time_codes import LIFETIME
from idp.sign_in.lanes import SENDING
from tests.sign_in.people import (
    code_of,
    event_shown,
    events,
    in_state,
    recovery_codes_of,
    sms_code,
    without_app,
    without_phone,
)
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def after_password(visitor: Visitor, portal: Portal) -> Page:
    visitor.goes_to(portal)
    return visitor.gives_password()


def otp(visitor: Visitor, code: str) -> Page:
    return visitor.browser.submit("otp-form", {"otp": code}, button="verify")


def ask_for_a_new_code(visitor: Visitor) -> Page:
    # Messages of one instant have no order.
    visitor.clock.advance(seconds=1)
    return visitor.browser.submit("sms-form", button="send")


def test_the_app_comes_first_and_the_rest_are_links(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    recovery_codes_of(provider, visitor.citizen)
    page = after_password(visitor, portal)
    assert "ứng dụng xác thực" in page.text
    assert [each.id for each in page.elements if each.id.startswith("use-")] == ["use-sms", "use-recovery"]
    assert provider.texts(visitor.citizen) == []
    field = page.element("otp").attributes
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")


def test_what_a_person_does_not_have_is_not_offered(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    without_phone(provider, visitor.citizen)
    page = after_password(visitor, portal)
    assert [each.id for each in page.elements if each.id.startswith("use-")] == []
    name = page.query["attempt"]
    for path in ("sms", "recovery"):
        page = visitor.browser.open(f"{provider.issuer}/sign-in/{path}?attempt={name}")
        assert dict(page.form("otp-form").fields)["method"] == "totp"


def test_an_app_code_makes_a_session_of_level_2(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    tokens = portal.tokens(visitor.signs_in_at(portal))
    assert tokens.claims["acr"] == "urn:vn:eid:auth-level:2"
    assert tokens.claims["amr"] == ["pwd", "otp", "mfa"]
    recorded = events(provider, visitor.citizen.account_id)
    assert ("sign_in_succeeded", {"methods": ["pwd", "otp", "mfa"], "level": 2}) in recorded


def test_whoever_has_only_a_phone_finds_the_code_sent(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    person = without_app(provider, visitor.citizen)
    page = after_password(visitor, portal)
    assert page.element("sent").text.count(person.phone[-3:]) == 1
    assert person.phone not in page.html
    assert page.url.partition("?")[0].endswith("/sign-in/otp")
    tokens = portal.tokens(otp(visitor, sms_code(provider, person)))
    assert tokens.claims["amr"] == ["pwd", "otp", "sms", "mfa"]


def test_a_code_may_come_by_sms_instead_of_the_app(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    after_password(visitor, portal)
    page = visitor.browser.click("use-sms")
    assert not page.has("otp-form")
    assert "kém an toàn hơn" in page.text
    page = visitor.browser.submit("sms-form", button="send")
    assert (page.status, page.has("sent")) == (200, True)
    assert visitor.browser.history[-2].status == HTTPStatus.SEE_OTHER
    assert otp(visitor, sms_code(provider, visitor.citizen)).stopped


def test_a_new_code_kills_the_older_one(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    person = without_app(provider, visitor.citizen)
    after_password(visitor, portal)
    older = newer = sms_code(provider, person)
    while older == newer:  # one pair in a million
        ask_for_a_new_code(visitor)
        newer = sms_code(provider, person)
    assert code_of(otp(visitor, older)) == "wrong_code"
    assert otp(visitor, newer).stopped


def test_a_page_without_a_living_code_offers_to_send_one(
    provider: Provider, portal: Portal, visitor: Visitor, now: ManualClock
) -> None:
    without_app(provider, visitor.citizen)
    page = after_password(visitor, portal)
    now.advance(seconds=LIFETIME.total_seconds())
    page = visitor.browser.open(page.url)
    assert (page.has("otp-form"), page.has("sms-form")) == (False, True)


def test_so_many_codes_are_sent_for_one_attempt(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    person = without_app(provider, visitor.citizen)
    after_password(visitor, portal)
    for _ in range(SENDING.most - 1):
        # One that still waited would be taken back: its code dies with the next.
        provider.tick()
        assert not ask_for_a_new_code(visitor).has("error")
    code = sms_code(provider, person)
    page = ask_for_a_new_code(visitor)
    assert (page.status, code_of(page)) == (429, "too_many_tries")
    assert event_shown(provider, page)[1]["counter"] == "sms_of_attempt"
    assert len(provider.texts(person)) == SENDING.most
    assert otp(visitor, code).stopped


def test_so_many_codes_are_sent_to_one_phone(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    person = without_app(provider, visitor.citizen)
    for _ in range(12):
        page = after_password(visitor, portal)
    assert not page.has("otp-form")
    page = visitor.browser.submit("sms-form")
    assert (page.status, code_of(page)) == (429, "too_many_notices")
    assert len(provider.texts(person)) == 10


def test_the_message_says_what_the_code_is_for_in_one_part(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    person = without_app(provider, visitor.citizen)
    after_password(visitor, portal)
    [text] = provider.texts(person)
    assert text.startswith("Mã đăng nhập Định Danh: ")
    assert len(text) <= 70
    assert "http" not in text


def test_a_recovery_code_stands_in_for_the_phone(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    code = recovery_codes_of(provider, visitor.citizen)[3]
    after_password(visitor, portal)
    visitor.browser.click("use-recovery")
    tokens = portal.tokens(visitor.browser.submit("recovery-form", {"recovery_code": code.lower()}))
    assert tokens.claims["amr"] == ["pwd", "otp", "mfa"]
    assert ("recovery_code_used", {"left": 9}) in events(provider, visitor.citizen.account_id)


def test_whoever_has_nothing_is_told_where_to_go(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    without_phone(provider, without_app(provider, visitor.citizen))
    page = after_password(visitor, portal)
    assert (page.status, code_of(page)) == (403, "no_second_factor")


def test_a_wrong_code_shows_the_page_again(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    after_password(visitor, portal)
    page = otp(visitor, "000000")
    assert (page.status, code_of(page)) == (403, "wrong_code")
    assert event_shown(provider, page) == (
        "sign_in_refused",
        {"method": "totp", "reason": "wrong_code"},
        visitor.citizen.account_id,
    )
    assert dict(page.form("otp-form").fields)["otp"] == ""
    assert visitor.gives_code().stopped


def test_five_guesses_end_an_attempt_and_ten_close_the_second_factor(
    provider: Provider, portal: Portal, visitor: Visitor, now: ManualClock
) -> None:
    for _ in range(2):
        after_password(visitor, portal)
        for _ in range(5):
            assert code_of(otp(visitor, "000000")) == "wrong_code"
        spent = visitor.browser.page
    page = after_password(visitor, portal)
    page = visitor.gives_code()
    assert (page.status, code_of(page)) == (429, "too_many_tries")
    assert event_shown(provider, page)[1]["counter"] == "second_factor"
    now.advance(minutes=14)
    after_password(visitor, portal)
    now.advance(minutes=1)
    assert visitor.gives_code().stopped
    assert spent.has("otp-form")


def test_the_sixth_guess_of_an_attempt_is_refused_even_when_it_is_right(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    after_password(visitor, portal)
    for _ in range(5):
        otp(visitor, "000000")
    page = visitor.gives_code()
    assert (page.status, code_of(page)) == (429, "too_many_wrong_codes")
    assert event_shown(provider, page)[1] == {"method": "totp", "reason": "too_many_wrong_codes"}
    assert visitor.browser.cookies.get("localhost", "__Host-session") is None


def test_whoever_has_the_password_cannot_keep_the_owner_out_of_a_known_browser(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    assert visitor.signs_in_at(portal).stopped
    attacker = Visitor(visitor.citizen, provider.browser(), provider.clock)
    for _ in range(2):
        after_password(attacker, portal)
        for _ in range(5):
            otp(attacker, "000000")
    after_password(attacker, portal)
    assert code_of(otp(attacker, "000000")) == "too_many_tries"
    provider.clock.advance(seconds=1)
    visitor.goes_to(portal, prompt="login")
    assert visitor.goes_on().stopped


def test_thirty_guesses_in_a_row_close_the_second_factor_until_the_owner_was_right(
    provider: Provider, portal: Portal, visitor: Visitor, now: ManualClock
) -> None:
    assert visitor.signs_in_at(portal).stopped
    attacker = Visitor(visitor.citizen, provider.browser(), provider.clock)
    for _ in range(6):
        after_password(attacker, portal)
        for _ in range(5):
            assert code_of(otp(attacker, "000000")) == "wrong_code"
        now.advance(minutes=20)
    after_password(attacker, portal)
    page = attacker.gives_code()
    assert (page.status, code_of(page)) == (429, "too_many_in_a_row")
    visitor.goes_to(portal, prompt="login")
    assert visitor.goes_on().stopped
    after_password(attacker, portal)
    assert code_of(otp(attacker, "000000")) == "wrong_code"


def test_a_session_of_level_1_gets_to_level_2_with_the_second_factor_alone(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor
) -> None:
    assert visitor.signs_in_at(easy_portal).stopped
    page = visitor.goes_to(portal)
    assert (page.has("sign-in-form"), page.has("otp-form")) == (False, True)
    tokens = portal.tokens(visitor.gives_code())
    assert tokens.claims["amr"] == ["pwd", "otp", "mfa"]


def test_nothing_is_sent_to_a_phone_without_a_press_of_a_button(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor
) -> None:
    person = without_app(provider, visitor.citizen)
    assert visitor.signs_in_at(easy_portal).stopped
    page = visitor.goes_to(portal)
    assert (page.has("otp-form"), provider.texts(person)) == (False, [])
    visitor.browser.submit("sms-form")
    assert otp(visitor, sms_code(provider, person)).stopped


def test_an_account_suspended_between_the_steps_does_not_get_in(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    after_password(visitor, portal)
    in_state(provider, visitor.citizen, "suspended")
    page = visitor.gives_code()
    assert (page.status, code_of(page)) == (403, "account_unusable")
    assert visitor.browser.cookies.get("localhost", "__Host-session") is None


def test_the_second_step_ends_with_its_attempt(portal: Portal, visitor: Visitor, now: ManualClock) -> None:
    after_password(visitor, portal)
    now.advance(seconds=timedelta(minutes=15).total_seconds())
    page = visitor.gives_code()
    assert (page.status, code_of(page)) == (410, "attempt_missing")


def test_a_finished_attempt_lets_nobody_in_again(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    page = after_password(visitor, portal)
    assert visitor.gives_code().stopped
    page = visitor.browser.open(page.url)
    assert code_of(page) == "attempt_missing"


def test_an_unknown_method_is_the_best_one(portal: Portal, visitor: Visitor) -> None:
    after_password(visitor, portal)
    code = visitor.citizen.code(visitor.clock)
    assert visitor.browser.submit("otp-form", {"otp": code, "method": "carrier-pigeon"}).stopped


def test_every_page_speaks_the_language_that_the_portal_asked_for(provider: Provider, visitor: Visitor) -> None:
    portal = provider.portal(consent="ask")
    visitor.browser.headers["Accept-Language"] = "fr"
    visitor.goes_to(portal, ui_locales="fr en", scope="openid")
    pages = [visitor.browser.page, visitor.browser.submit("sign-in-form"), visitor.gives_password()]
    pages += [otp(visitor, "000000"), visitor.gives_code()]
    assert pages[-1].has("consent-form")
    assert {page.headers["content-language"] for page in pages} == {"en"}
    assert visitor.goes_on().stopped


def test_a_message_speaks_the_language_of_the_page(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    person = without_app(provider, visitor.citizen)
    visitor.goes_to(portal, ui_locales="en")
    visitor.gives_password()
    assert provider.texts(person)[0].startswith("Dinh Danh sign-in code: ")
