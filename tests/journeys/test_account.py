"""A person's own pages: every one of them looked at, and what can be changed there changed."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.journeys.people import LONG_NAME, NEW_PASSWORD, Newcomers, app_code
from tests.journeys.traveller import Traveller
from tests.sign_in.people import recovery_codes_of
from tests.support.provider import Provider

SECTIONS = ("consents", "activity", "second-factors", "password", "sessions", "devices")


def test_every_page_of_somebody_with_a_long_name(
    provider: Provider, newcomers: Newcomers, arrive: Arrive, portal: RegisterPortal
) -> None:
    traveller = arrive(newcomers.settled(full_name=LONG_NAME))
    there = portal(scope="openid profile phone address")
    traveller.goes_to(there, scope="openid profile phone address")
    traveller.gives_password()
    traveller.gives_code()
    traveller.presses("allow")
    traveller.back_at(there)

    elsewhere = arrive(traveller.citizen)
    _goes_home(elsewhere)
    traveller.opens("/account")
    traveller.sees(".facts", "account-overview")
    assert LONG_NAME in traveller.text("main")
    assert traveller.citizen.phone not in traveller.tab.content()
    for section in SECTIONS:
        traveller.follows(f".tabs a[href='/account/{section}']")
        traveller.sees(f".tabs a[href='/account/{section}'][aria-current=page]", f"account-{section}")
    assert traveller.tab.locator("#no-devices").count() == 0

    traveller.opens("/account/sessions")
    traveller.presses("end-others")
    traveller.tab.wait_for_selector("text=Trình duyệt này")
    elsewhere.opens("/account")
    elsewhere.tab.wait_for_selector("#sign-in-form")


def test_of_somebody_who_is_not_signed_in(arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/account/activity")
    traveller.sees("#sign-in-form", "account-sign-in")
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_url("**/account/activity")
    traveller.opens("/")
    traveller.sees("#sign-out-link", "home-signed-in")
    traveller.presses("sign-out-link")
    traveller.presses("sign-out")
    traveller.tab.wait_for_selector("#signed-out")
    traveller.opens("/account/activity")
    traveller.tab.wait_for_selector("#sign-in-form")


def test_an_agreement_is_taken_back_and_the_portal_asks_again(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(), arrive()
    traveller.goes_to(there, scope="openid profile")
    traveller.gives_password()
    traveller.gives_code()
    traveller.presses("allow")
    traveller.back_at(there)
    traveller.opens("/account/consents")
    traveller.follows("[id^=withdraw-]:is(button)")
    traveller.sees("#no-consents", "account-no-consents")
    traveller.goes_to(there, scope="openid profile")
    traveller.tab.wait_for_selector("#consent-form")


def test_the_app_is_replaced_and_removed(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    _goes_home(traveller)
    traveller.opens("/account/second-factors")
    traveller.presses("enrol-app")
    traveller.sees("#totp-form", "account-app")
    traveller.types("otp", app_code(provider, traveller.text("#totp-secret")))
    traveller.presses("confirm")
    traveller.sees("#done", "account-app-added")
    traveller.presses("remove-app")
    traveller.sees("#remove-app-form", "account-remove-app")
    traveller.presses("remove")
    traveller.sees("#no-app", "account-no-app")


def test_recovery_codes_are_made_anew(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    recovery_codes_of(provider, traveller.citizen)
    _goes_home(traveller)
    traveller.opens("/account/second-factors/recovery-codes")
    traveller.sees("#new-codes-form", "account-new-codes")
    traveller.presses("make-codes")
    traveller.sees("#recovery-codes", "account-recovery-codes")
    assert traveller.tab.locator("#recovery-codes li").count() == 10
    traveller.presses("back")
    traveller.tab.wait_for_selector("#codes-left")


def test_the_password_is_changed(arrive: Arrive) -> None:
    traveller = arrive()
    _goes_home(traveller)
    traveller.opens("/account/password")
    _changes_password(traveller, "không phải mật khẩu cũ")
    traveller.sees_refusal("current_password_wrong", "account-wrong-password")
    _changes_password(traveller, traveller.citizen.password)
    traveller.sees("#done", "account-password-changed")
    again = arrive(traveller.citizen)
    again.opens("/account")
    again.gives_password()
    again.tab.wait_for_selector("#error[data-code=wrong_number_or_password]")
    again.gives_password(password=NEW_PASSWORD)
    again.tab.wait_for_selector("#otp-form")


def test_whoever_has_been_signed_in_for_long_proves_it_again_before_a_change(
    provider: Provider, arrive: Arrive
) -> None:
    traveller = arrive()
    _goes_home(traveller)
    provider.clock.advance(minutes=6)
    traveller.opens("/account")
    traveller.tab.wait_for_selector(".facts")
    traveller.opens("/account/password")
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_selector("#password-form")


def _goes_home(traveller: Traveller) -> None:
    """Sign in to one's own pages."""
    traveller.opens("/account")
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_selector(".facts")


def _changes_password(traveller: Traveller, current: str) -> None:
    traveller.types("current", current)
    traveller.types("password", NEW_PASSWORD)
    traveller.types("password_again", NEW_PASSWORD)
    traveller.presses("change")
