"""Whoever guesses at a number from everywhere keeps its owner out of no browser in which they show who they are."""

import pytest

from tests.citizen.applicants import PASSWORD as CHOSEN
from tests.citizen.applicants import Applicants, secret_on
from tests.citizen.test_recovery import NEW, Forgetful
from tests.sign_in.people import WRONG, code_of
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.provider import Provider


def guess_at(provider: Provider, portal: Portal, number: str) -> None:
    """Try passwords at a number until no more are taken from browsers that nobody knows."""
    pages = [signs_in(provider.browser(), portal, number, WRONG) for _ in range(11)]
    assert code_of(pages[-1]) == "too_many_tries"


def signs_in(browser: PlainBrowser, portal: Portal, number: str, password: str) -> Page:
    browser.open(portal.ask())
    return browser.submit("sign-in-form", {"citizen_number": number, "password": password})


def test_whoever_has_just_opened_an_account_signs_in_although_others_guess_at_it(
    provider: Provider, portal: Portal, applicants: Applicants
) -> None:
    somebody = applicants.somebody()
    guess_at(provider, portal, somebody.entry.number)
    somebody.activates()
    assert signs_in(somebody.browser, portal, somebody.entry.number, CHOSEN).has("otp-form")


@pytest.mark.parametrize("at_counter", [False, True], ids=["by phone", "at a counter"])
def test_whoever_resets_a_password_signs_in_although_others_guess_at_it(
    provider: Provider, portal: Portal, at_counter: bool
) -> None:
    owner = Forgetful(provider, provider.newcomer())
    guess_at(provider, portal, owner.citizen.number)
    owner.begins()
    if at_counter:
        owner.proves(owner.counter_code())
        owner.chooses(None)
        owner.citizen.totp_secret = secret_on(owner.browser.page)
        owner.browser.submit("totp-form", {"otp": owner.app_code()})
    else:
        owner.proves()
        owner.chooses(owner.app_code())
    assert owner.browser.page.has("recovered")
    assert signs_in(owner.browser, portal, owner.citizen.number, NEW).has("otp-form")
    # In a browser that nobody knows it is still too much.
    assert code_of(signs_in(provider.browser(), portal, owner.citizen.number, NEW)) == "too_many_tries"


def test_whoever_has_the_password_does_not_keep_its_owner_from_resetting_it(provider: Provider, portal: Portal) -> None:
    owner = Forgetful(provider, provider.newcomer())
    for _ in range(2):
        thief = provider.browser()
        signs_in(thief, portal, owner.citizen.number, owner.citizen.password)
        for _ in range(5):
            thief.submit("otp-form", {"otp": "000000"})
    owner.begins()
    owner.proves()
    assert owner.chooses(owner.app_code()).has("recovered")
