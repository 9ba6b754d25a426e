"""Opening an account, by SMS and with a code from a counter."""

import unicodedata

import pytest

from idp.register.person import Person
from tests.journeys.conftest import EVERY_SITUATION, Arrive, RegisterPortal
from tests.journeys.people import LONG_NAME, NEW_PASSWORD, Newcomers, app_code
from tests.journeys.steps import chooses_password, gives_code, record_of, says_who
from tests.support.citizens import Citizen
from tests.support.provider import Provider


@pytest.mark.parametrize("arrive", EVERY_SITUATION.values(), ids=list(EVERY_SITUATION), indirect=True)
def test_by_sms_from_the_front_page_to_the_portal(
    provider: Provider, newcomers: Newcomers, arrive: Arrive, portal: RegisterPortal
) -> None:
    person, traveller = newcomers.registered(full_name=LONG_NAME), arrive()
    traveller.citizen = _nobody_yet(person)
    traveller.opens("/")
    traveller.sees("#activate", "home")
    traveller.presses("activate")
    traveller.sees("#activation-form", "activation-who")
    says_who(traveller, person, number="003 09")
    traveller.sees_refusal("bad_citizen_number", "activation-bad-number")
    assert traveller.tab.input_value("#full_name") == LONG_NAME
    says_who(traveller, person)
    traveller.sees("#activation-code-form", "activation-code")

    gives_code(traveller, "000000")
    traveller.sees_refusal("activation_code_wrong", "activation-wrong-code")
    gives_code(traveller, traveller.takes_from_phone())
    traveller.sees("#activation-password-form", "activation-password")

    chooses_password(traveller, "ngắn")
    traveller.sees_refusal("password_too_short", "activation-short-password")
    chooses_password(traveller, NEW_PASSWORD)
    traveller.sees("#totp-form", "activation-app")
    traveller.citizen.totp_secret = traveller.text("#totp-secret").replace(" ", "")

    traveller.types("otp", "000000")
    traveller.presses("confirm")
    traveller.sees_refusal("totp_not_confirmed", "activation-wrong-app-code")
    traveller.types("otp", traveller.citizen.code(provider.clock))
    traveller.presses("confirm")
    traveller.sees("#recovery-codes", "activated")
    assert traveller.tab.locator("#recovery-codes li").count() == 10

    there = portal(scope="openid profile account_level", consent="none")
    traveller.goes_to(there, scope="openid profile account_level")
    traveller.gives_password()
    traveller.gives_code()
    claims = there.claims(there.tokens(traveller.back_at(there)))
    assert (claims["name"], claims["account_level"]) == (LONG_NAME, 1)


def test_by_a_code_from_a_counter_without_a_phone(provider: Provider, newcomers: Newcomers, arrive: Arrive) -> None:
    person, traveller = newcomers.registered(phone=None), arrive()
    traveller.opens("/activate")
    plain = unicodedata.normalize("NFD", person.full_name).encode("ascii", "ignore").decode()
    # The letter that does not decompose is typed as people without a Vietnamese keyboard type it.
    typed = plain if "đ" not in person.full_name.lower() else person.full_name.lower().replace("đ", "d")
    says_who(traveller, person, name=typed)
    gives_code(traveller, newcomers.counter_code(person).lower())
    traveller.tab.wait_for_selector("#activation-password-form")
    chooses_password(traveller, NEW_PASSWORD)
    traveller.tab.wait_for_selector("#totp-form")
    assert traveller.tab.locator("#use-phone").count() == 0
    traveller.types("otp", app_code(provider, traveller.text("#totp-secret")))
    traveller.presses("confirm")
    traveller.tab.wait_for_selector("#recovery-codes")


def test_the_phone_will_do_in_place_of_an_app(newcomers: Newcomers, arrive: Arrive, portal: RegisterPortal) -> None:
    person, traveller = newcomers.registered(), arrive()
    traveller.citizen = _nobody_yet(person)
    traveller.opens("/activate")
    says_who(traveller, person)
    traveller.tab.wait_for_selector("#activation-code-form")
    gives_code(traveller, traveller.takes_from_phone())
    traveller.tab.wait_for_selector("#activation-password-form")
    chooses_password(traveller, NEW_PASSWORD)
    traveller.presses("use-phone")
    traveller.tab.wait_for_selector("#recovery-codes")
    there = portal(consent="none")
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.tab.wait_for_selector("#sent")
    traveller.gives_code(traveller.takes_from_phone())
    there.tokens(traveller.back_at(there))


def test_nobody_learns_before_the_code_that_there_is_an_account(newcomers: Newcomers, arrive: Arrive) -> None:
    unknown, traveller = newcomers.registered(), arrive()
    traveller.opens("/activate")
    says_who(traveller, unknown, name="Người Không Có")
    traveller.tab.wait_for_selector("#activation-code-form")
    seen_by_nobody = traveller.text("main")

    active = arrive()
    person = record_of(active)
    active.opens("/activate")
    says_who(active, person)
    active.tab.wait_for_selector("#activation-code-form")
    assert active.text("main") == seen_by_nobody
    gives_code(active, active.takes_from_phone())
    active.sees_refusal("already_active", "activation-already-active")


def _nobody_yet(person: Person) -> Citizen:
    """What the person will sign in with."""
    return Citizen(person.number, person.phone or "", "", person.key, password=NEW_PASSWORD)
