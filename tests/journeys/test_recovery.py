"""Getting back in after the password is forgotten."""

import pytest

from tests.journeys.conftest import Arrive
from tests.journeys.people import NEW_PASSWORD, Newcomers, app_code
from tests.journeys.steps import chooses_password, gives_code, record_of, says_who
from tests.sign_in.people import without_app
from tests.support.provider import Provider


def test_by_phone_and_app(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/")
    traveller.presses("recover")
    traveller.sees("#recovery-start-form", "recovery-who")
    says_who(traveller, record_of(traveller))
    traveller.sees("#recovery-code-form", "recovery-code-by-sms")
    gives_code(traveller, "000000")
    traveller.sees_refusal("recovery_code_wrong", "recovery-wrong-code")
    gives_code(traveller, traveller.takes_from_phone())
    traveller.sees("#recovery-password-form", "recovery-password")
    traveller.types("otp", "000000")
    chooses_password(traveller, NEW_PASSWORD)
    traveller.sees_refusal("recovery_factor_wrong", "recovery-wrong-factor")
    traveller.types("otp", traveller.citizen.code(provider.clock))
    chooses_password(traveller, NEW_PASSWORD)
    traveller.sees("#recovered", "recovered")
    traveller.presses("my-account")
    traveller.gives_password(password=NEW_PASSWORD)
    traveller.gives_code()
    traveller.tab.wait_for_selector(".facts")


def test_by_a_code_from_a_counter(provider: Provider, newcomers: Newcomers, arrive: Arrive) -> None:
    traveller = arrive()
    person = record_of(traveller)
    traveller.opens("/recover")
    says_who(traveller, person)
    gives_code(traveller, newcomers.counter_code(person))
    traveller.sees("#recovery-password-form", "recovery-password-at-counter")
    chooses_password(traveller, NEW_PASSWORD)
    traveller.sees("#totp-form", "recovery-app")
    traveller.types("otp", app_code(provider, traveller.text("#totp-secret")))
    traveller.presses("confirm")
    traveller.sees("#recovery-codes", "recovered-with-codes")


def test_the_phone_alone_is_not_enough(provider: Provider, arrive: Arrive) -> None:
    traveller = arrive()
    without_app(provider, traveller.citizen)
    traveller.opens("/recover")
    says_who(traveller, record_of(traveller))
    traveller.tab.wait_for_selector("#recovery-code-form")
    gives_code(traveller, traveller.takes_from_phone())
    traveller.sees_refusal("recovery_at_counter", "recovery-at-counter")


@pytest.mark.parametrize("path", ["/activate/code", "/recover/code"])
def test_a_step_without_the_ones_before_leads_to_the_beginning(arrive: Arrive, path: str) -> None:
    traveller = arrive()
    traveller.opens(path)
    traveller.sees("#error", f"step-without-beginning{path}")
