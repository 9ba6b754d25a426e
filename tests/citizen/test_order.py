"""No step is skipped, repeated or played back, and of two browsers one opens the account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest

from idp.register.person import BirthDate
from tests.citizen.applicants import PASSWORD, Applicant, Applicants, error_on
from tests.support.clock import ManualClock
from tests.support.cookie_shelf import CookieShelf
from tests.support.html_page import Page
from tests.support.provider import Provider

STEPS = ("/activate/code", "/activate/password", "/activate/second-factor")


def cookies_of(applicant: Applicant) -> CookieShelf:
    return deepcopy(applicant.browser.cookies)


def again(applicant: Applicant, page: Page, cookies: CookieShelf, form: str, fields: dict[str, str]) -> Page:
    """Send the form of an earlier page, with the cookies of then."""
    applicant.browser.cookies = deepcopy(cookies)
    applicant.browser._page = page
    return applicant.browser.submit(form, fields)


def other_browser(applicant: Applicant) -> Applicant:
    return Applicant(applicant.provider, applicant.entry, applicant.provider.browser())


@pytest.mark.parametrize("path", STEPS)
def test_without_an_activation_no_step_is_there(provider: Provider, path: str) -> None:
    page = provider.browser().open(provider.issuer + path)
    assert (page.status, error_on(page)) == (410, "activation_gone")
    assert page.has("activate"), "the way to begin"


def test_each_page_leads_to_the_step_that_is_due(applicants: Applicants, provider: Provider) -> None:
    somebody = applicants.somebody()

    def wherever_they_go() -> set[str]:
        return {somebody.browser.open(provider.issuer + path).url.removeprefix(provider.issuer) for path in STEPS}

    somebody.begins()
    assert wherever_they_go() == {"/activate/code"}
    somebody.browser.open(provider.issuer + STEPS[0])
    somebody.proves()
    assert wherever_they_go() == {"/activate/password"}
    somebody.chooses()
    assert wherever_they_go() == {"/activate/second-factor"}
    somebody.confirms_app()
    page = somebody.browser.open(provider.issuer + STEPS[2])
    assert error_on(page) == "activation_gone"


def test_a_form_of_a_later_step_is_not_taken_earlier(applicants: Applicants, provider: Provider) -> None:
    ahead, behind = applicants.somebody(), applicants.somebody()
    ahead.begins()
    page = ahead.proves()
    behind.begins()
    token = behind.browser.page.form("activation-code-form").fields
    html = page.html.replace(dict(page.form("activation-password-form").fields)["csrf"], dict(token)["csrf"])
    behind.browser._page = Page(page.url, page.status, page.headers, html)
    assert behind.chooses().url.endswith("/activate/code")
    assert behind.account() is None


def test_a_code_opens_one_step_once(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    page = somebody.begins()
    before, code = cookies_of(somebody), somebody.code()
    somebody.proves(code)
    played_back = again(somebody, page, before, "activation-code-form", {"code": code})
    assert error_on(played_back) == "activation_gone"


def test_a_finished_activation_played_back_changes_nothing(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    page = somebody.chooses()
    before, code = cookies_of(somebody), somebody.app_code()
    assert somebody.confirms_app().has("activated")
    played_back = again(somebody, page, before, "totp-form", {"otp": code})
    assert error_on(played_back) == "activation_gone"
    assert not played_back.has("recovery-codes")


def test_half_an_hour_is_enough(applicants: Applicants, now: ManualClock) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    now.advance(minutes=4)
    somebody.proves()
    now.advance(minutes=25)
    page = somebody.chooses()
    assert page.has("totp-form")
    now.advance(minutes=1)
    assert error_on(somebody.confirms_app()) == "activation_gone"
    assert somebody.account() is None


def test_a_new_beginning_kills_the_step_of_the_old(applicants: Applicants) -> None:
    """Whoever starts again goes on from there; the old code is for the old activation."""
    somebody = applicants.somebody()
    somebody.begins()
    first = somebody.code()
    somebody.provider.clock.advance(seconds=30)
    somebody.begins()
    if first != somebody.code():
        assert error_on(somebody.proves(first)) == "activation_code_wrong"
    assert somebody.proves().has("activation-password-form")


def test_five_wrong_codes_and_the_right_one_is_no_good(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    code = somebody.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert error_on(somebody.proves(wrong)) == "activation_code_wrong"
    assert error_on(somebody.proves(code)) == "activation_code_wrong"


def test_a_code_of_another_activation_is_no_good(applicants: Applicants) -> None:
    one, other = applicants.somebody(), applicants.somebody()
    one.begins()
    other.begins()
    if one.code() != other.code():
        assert error_on(one.proves(other.code())) == "activation_code_wrong"
    assert error_on(one.proves(other.counter_code())) == "activation_code_wrong"


def at_once(*acts: Callable[[], Page]) -> list[Page]:
    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(act) for act in acts]]


def test_two_browsers_with_one_code_go_one_way(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    twin = other_browser(somebody)
    twin.browser.cookies, twin.browser._page = cookies_of(somebody), somebody.browser.page
    code = somebody.code()
    pages = at_once(lambda: somebody.proves(code), lambda: twin.proves(code))
    assert sorted(page.has("activation-password-form") for page in pages) == [False, True]
    (refused,) = [page for page in pages if not page.has("activation-password-form")]
    assert error_on(refused) in ("activation_code_wrong", "activation_gone")


@pytest.mark.parametrize("round_", range(5))
def test_two_browsers_that_finish_at_once_open_one_account(applicants: Applicants, round_: int) -> None:
    one = applicants.somebody()
    two = other_browser(one)
    for each in (one, two):
        each.provider.clock.advance(seconds=30)
        each.begins()
        each.proves()
        each.chooses(f"{PASSWORD} {round_}")
    pages = at_once(one.confirms_app, two.confirms_app)
    assert sorted(page.has("activated") for page in pages) == [False, True]
    (refused,) = [page for page in pages if not page.has("activated")]
    assert (refused.status, error_on(refused)) == (409, "already_active")
    assert refused.has("my-account") and refused.has("recover")
    assert not refused.has("recovery-codes")


def test_one_browser_that_sends_twice_opens_one_account(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    somebody.chooses()
    twin = other_browser(somebody)
    twin.browser.cookies, twin.browser._page = cookies_of(somebody), somebody.browser.page
    pages = at_once(somebody.confirms_app, twin.confirms_app)
    assert sorted(page.has("activated") for page in pages) == [False, True]


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"status": "deceased"}, "deceased"),
        ({"birth": BirthDate(2020, 4, 30)}, "under_age"),
        ({"birth": BirthDate(2014)}, "under_age"),
        ({"card_expires": date(2020, 1, 1)}, "card_expired"),
    ],
)
def test_the_truth_is_told_after_the_proof(applicants: Applicants, stated: dict[str, object], code: str) -> None:
    somebody = applicants.somebody(**stated)
    page = somebody.begins()
    assert page.has("code-sent") and error_on(page) is None
    assert error_on(somebody.proves("000000")) in ("activation_code_wrong", None)
    page = somebody.proves()
    assert error_on(page) == code
    assert page.url.endswith("/activate/password")
    assert error_on(somebody.browser.open(page.url)) == "activation_gone", "nothing is left to go on with"
    assert somebody.account() is None


def test_whoever_has_an_account_is_led_to_it(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.activates()
    somebody.provider.clock.advance(minutes=1)
    assert error_on(somebody.begins()) is None
    page = somebody.proves()
    assert (page.status, error_on(page)) == (409, "already_active")
    assert page.link("my-account").endswith("/account") and page.link("recover").endswith("/recover")


def test_a_phone_is_one_persons(applicants: Applicants) -> None:
    one = applicants.somebody()
    one.activates()
    one.provider.clock.advance(minutes=1)
    other = applicants.somebody(phone=one.entry.phone)
    other.begins()
    page = other.proves()
    assert (page.status, error_on(page)) == (409, "phone_taken")
    other.begins()
    other.proves(other.counter_code())
    other.chooses()
    assert other.confirms_app().has("activated"), "a counter's code needs no phone"


def test_a_death_while_the_pages_are_open_stops_it(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    somebody.chooses()
    applicants.at_browser(replace(somebody.entry, status="deceased"))
    assert error_on(somebody.confirms_app()) == "deceased"
    assert somebody.account() is None


def test_a_form_without_its_token_is_not_taken(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    page = somebody.browser.submit("activation-code-form", {"code": somebody.code(), "csrf": "forged"})
    assert error_on(page) == "stale_form"
