"""Guessing at passwords is stopped, and stops nobody else: neither the owner, nor those who guess right."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest

from tests.sign_in.people import WRONG, code_of, event_shown, events, types
from tests.support.citizens import PASSWORD
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

UNKNOWN = "005190777777"


def comes_again(visitor: Visitor, portal: Portal) -> Page:
    """To the sign-in page, whoever is signed in."""
    visitor.clock.advance(seconds=1)
    return visitor.goes_to(portal, prompt="login")


@pytest.fixture
def attacker(provider: Provider, portal: Portal, visitor: Visitor) -> Visitor:
    """Somebody who knows the visitor's number, at a browser of their own."""
    attacker = Visitor(visitor.citizen, provider.browser(), provider.clock)
    attacker.goes_to(portal)
    return attacker


def guess(visitor: Visitor, times: int = 10, number: str | None = None) -> Page:
    """So many wrong passwords, one after another."""
    for _ in range(times):
        page = types(visitor, number=number)
    return page


def test_after_ten_wrong_passwords_the_right_one_is_refused_too(
    provider: Provider, attacker: Visitor, now: ManualClock
) -> None:
    assert code_of(guess(attacker)) == "wrong_number_or_password"
    page = attacker.gives_password()
    assert (page.status, code_of(page)) == (HTTPStatus.TOO_MANY_REQUESTS, "too_many_tries")
    assert page.headers["retry-after"] == "900"
    assert "15 phút" in page.element("error").text
    assert event_shown(provider, page) == (
        "throttled",
        {"counter": "password", "wait_seconds": 900},
        attacker.citizen.account_id,
    )


def test_the_wait_ends(portal: Portal, attacker: Visitor, now: ManualClock) -> None:
    guess(attacker)
    now.advance(minutes=14, seconds=59)
    assert code_of(attacker.gives_password()) == "too_many_tries"
    now.advance(seconds=1)
    attacker.goes_to(portal)
    assert attacker.gives_password().has("otp-form")


def test_no_spelling_browser_or_attempt_begins_a_new_count(
    provider: Provider, portal: Portal, attacker: Visitor
) -> None:
    number = attacker.citizen.number
    spellings = [number, f"{number[:6]} {number[6:]}", f"{number[:3]}.{number[3:]}", f" {number}", f"{number}\u200b"]
    for spelling in spellings * 2:
        elsewhere = Visitor(attacker.citizen, provider.browser(), provider.clock)
        elsewhere.goes_to(portal)
        assert code_of(types(elsewhere, number=spelling)) == "wrong_number_or_password"
    assert code_of(attacker.gives_password()) == "too_many_tries"


def test_unknown_numbers_are_counted_alike(attacker: Visitor) -> None:
    assert code_of(guess(attacker, number=UNKNOWN)) == "wrong_number_or_password"
    page = types(attacker, number=UNKNOWN)
    assert (page.status, code_of(page)) == (429, "too_many_tries")


def test_nobody_else_is_refused(provider: Provider, portal: Portal, attacker: Visitor) -> None:
    guess(attacker)
    other = provider.visitor()
    other.goes_to(portal)
    assert other.gives_password().has("otp-form")


def test_the_owner_gets_in_where_they_signed_in_before(
    provider: Provider, portal: Portal, visitor: Visitor, attacker: Visitor
) -> None:
    assert visitor.signs_in_at(portal).stopped
    guess(attacker)
    assert code_of(attacker.gives_password()) == "too_many_tries"
    page = comes_again(visitor, portal)
    assert page.has("sign-in-form")
    assert visitor.goes_on().stopped


def test_a_known_device_counts_for_itself_alone(
    provider: Provider, portal: Portal, visitor: Visitor, attacker: Visitor
) -> None:
    assert visitor.signs_in_at(portal).stopped
    comes_again(visitor, portal)
    guess(visitor)
    assert code_of(visitor.gives_password()) == "too_many_tries"
    assert attacker.gives_password().has("otp-form")


def test_a_device_of_ones_own_gives_no_tries_at_others(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    attacker = provider.visitor()
    assert attacker.signs_in_at(portal).stopped
    for _ in range(2):
        comes_again(attacker, portal)
        page = guess(attacker, 5, number=visitor.citizen.number)
    assert code_of(page) == "wrong_number_or_password"
    assert code_of(types(attacker, number=visitor.citizen.number)) == "too_many_tries"
    stranger = Visitor(visitor.citizen, provider.browser(), provider.clock)
    stranger.goes_to(portal)
    assert code_of(stranger.gives_password()) == "too_many_tries"


def test_two_people_share_a_browser(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    assert visitor.signs_in_at(portal).stopped
    second = Visitor(provider.newcomer(), visitor.browser, provider.clock)
    comes_again(second, portal)
    assert second.goes_on().stopped
    for person in (visitor, second):
        elsewhere = Visitor(person.citizen, provider.browser(), provider.clock)
        elsewhere.goes_to(portal)
        guess(elsewhere)
        comes_again(person, portal)
        assert person.goes_on().stopped


def test_right_passwords_are_never_throttled(provider: Provider, easy_portal: Portal, visitor: Visitor) -> None:
    for _ in range(30):
        fresh = Visitor(visitor.citizen, provider.browser(), provider.clock)
        assert fresh.signs_in_at(easy_portal).stopped


def test_nor_many_of_one_person_at_once(provider: Provider, easy_portal: Portal, visitor: Visitor) -> None:
    visitors = [Visitor(visitor.citizen, provider.browser(), provider.clock) for _ in range(50)]
    for each in visitors:
        each.goes_to(easy_portal)
    with ThreadPoolExecutor(50) as together:
        pages = list(together.map(lambda each: each.gives_password(), visitors))
    assert [page.html[:200] for page in pages if not page.stopped] == []
    assert "throttled" not in {name for name, _ in events(provider, visitor.citizen.account_id)}


def test_wrong_passwords_at_once_are_ten_and_not_one_more(
    provider: Provider, easy_portal: Portal, visitor: Visitor
) -> None:
    visitors = [Visitor(visitor.citizen, provider.browser(), provider.clock) for _ in range(50)]
    for each in visitors:
        each.goes_to(easy_portal)
    with ThreadPoolExecutor(50) as together:
        codes = [code_of(page) for page in together.map(types, visitors)]
    assert codes.count("wrong_number_or_password") == 10
    assert codes.count("too_many_tries") == 40


def test_a_hundred_in_a_row_close_the_way_in_for_strangers_until_the_owner_comes(
    provider: Provider, portal: Portal, visitor: Visitor, attacker: Visitor, now: ManualClock
) -> None:
    assert visitor.signs_in_at(portal).stopped
    for _ in range(10):
        assert code_of(_guess_at_a_new_attempt(attacker, portal)) == "wrong_number_or_password"
        now.advance(days=1)
    attacker.goes_to(portal)
    page = attacker.gives_password()
    assert (page.status, code_of(page)) == (429, "too_many_in_a_row")
    visitor.goes_to(portal)
    assert visitor.goes_on().stopped
    attacker.goes_to(portal)
    assert attacker.gives_password().has("otp-form")


def _guess_at_a_new_attempt(attacker: Visitor, portal: Portal) -> Page:
    attacker.goes_to(portal)
    return guess(attacker)


def test_a_right_password_does_not_empty_the_window(portal: Portal, attacker: Visitor) -> None:
    guess(attacker, 9)
    assert attacker.gives_password().has("otp-form")
    attacker.goes_to(portal)
    assert code_of(types(attacker, password=WRONG)) == "wrong_number_or_password"
    assert code_of(types(attacker, password=PASSWORD)) == "too_many_tries"
