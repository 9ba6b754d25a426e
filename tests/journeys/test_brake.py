"""Locking one's own account in a browser, and getting back in."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.journeys.people import NEW_PASSWORD, Newcomers, app_code
from tests.journeys.steps import chooses_password, gives_code, record_of, says_who
from tests.journeys.traveller import Traveller
from tests.sign_in.people import recovery_codes_of, without_app
from tests.support.provider import Provider


def test_by_phone_and_back_after_a_day(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/account")
    traveller.sees("#lock", "brake-from-sign-in")
    traveller.presses("lock")
    traveller.sees("#lock-start-form", "brake-lock-who")
    traveller.types("citizen_number", "12")
    traveller.presses("next")
    traveller.sees_refusal("bad_citizen_number", "brake-lock-bad-number")
    traveller.types("citizen_number", traveller.citizen.number)
    traveller.presses("next")
    traveller.sees("#lock-code-form", "brake-lock-code")
    traveller.types("code", "000000")
    traveller.presses("lock")
    traveller.sees_refusal("lock_code_wrong", "brake-lock-wrong-code")
    traveller.types("code", traveller.takes_from_phone())
    traveller.presses("lock")
    traveller.sees("#locked", "brake-locked-by-phone")
    assert traveller.tab.locator("#cooling-off").count() == 1
    traveller.presses("unlock")
    traveller.sees("#unlock-form", "brake-unlock")
    _gives_password(traveller)
    traveller.sees_refusal("unlock_too_soon", "brake-unlock-too-soon")
    provider.clock.advance(days=1)
    traveller.presses("unlock")
    _gives_password(traveller)
    traveller.sees("#unlock-code-form", "brake-unlock-code")
    traveller.types("otp", "000000")
    traveller.presses("next")
    traveller.sees_refusal("unlock_factor_wrong", "brake-unlock-wrong-code")
    traveller.types("otp", traveller.citizen.code(provider.clock))
    traveller.presses("next")
    traveller.sees("#unlocked", "brake-unlocked")
    traveller.presses("change-password")
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_selector("#password-form")


def test_signed_in_the_portal_drops_the_person(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    codes = recovery_codes_of(provider, traveller.citizen)
    there.tokens(traveller.signs_in_at(there))
    traveller.opens("/account")
    traveller.sees("#lock", "brake-from-account")
    traveller.presses("lock")
    traveller.sees("#lock-form", "brake-account")
    traveller.presses("lock")
    traveller.sees("#locked", "brake-locked-signed-in")
    assert traveller.tab.locator("#cooling-off").count() == 0
    assert traveller.text("#reference").strip()
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.sees_refusal("account_unusable", "brake-sign-in-locked")
    traveller.presses("unlock")
    _gives_password(traveller)
    traveller.tab.wait_for_selector("#unlock-code-form")
    traveller.types("otp", codes[0])
    traveller.presses("next")
    traveller.tab.wait_for_selector("#unlocked")
    provider.clock.advance(seconds=30)
    there.tokens(traveller.signs_in_at(there))
    traveller.opens("/account/activity")
    traveller.sees("[data-event=intervention_made]", "brake-activity")


def test_whoever_has_only_a_phone_gets_back_at_a_counter(
    provider: Provider, newcomers: Newcomers, arrive: Arrive
) -> None:
    traveller = arrive()
    without_app(provider, traveller.citizen)
    traveller.opens("/account/lock")
    traveller.gives_password()
    traveller.gives_code(traveller.takes_from_phone())
    traveller.sees("#no-way-back", "brake-account-no-way-back")
    traveller.presses("lock")
    traveller.tab.wait_for_selector("#locked")
    traveller.presses("unlock")
    _gives_password(traveller)
    traveller.sees_refusal("unlock_at_counter", "brake-unlock-at-counter")
    traveller.presses("by-counter")
    person = record_of(traveller)
    says_who(traveller, person)
    gives_code(traveller, newcomers.counter_code(person))
    chooses_password(traveller, NEW_PASSWORD)
    traveller.types("otp", app_code(provider, traveller.text("#totp-secret")))
    traveller.presses("confirm")
    traveller.tab.wait_for_selector("#recovered")
    traveller.presses("my-account")
    traveller.gives_password(password=NEW_PASSWORD)
    traveller.tab.wait_for_selector("#otp-form")


def test_what_cannot_be_locked_or_unlocked_says_why(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/unlock")
    _gives_password(traveller)
    traveller.sees_refusal("not_locked", "brake-unlock-not-locked")
    traveller.opens("/lock/code")
    traveller.sees_refusal("lock_gone", "brake-lock-gone")
    traveller.opens("/unlock/code")
    traveller.sees_refusal("unlock_gone", "brake-unlock-gone")
    for _ in range(6):
        traveller.opens("/lock")
        traveller.types("citizen_number", traveller.citizen.number)
        traveller.presses("next")
        traveller.tab.wait_for_selector("#lock-code-form")
    traveller.sees("#code-not-sent", "brake-lock-not-sent")


def _gives_password(traveller: Traveller) -> None:
    traveller.types("citizen_number", traveller.citizen.number)
    traveller.types("password", traveller.citizen.password)
    traveller.presses("next")
