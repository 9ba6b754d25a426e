"""The second factor: by app, by SMS, from paper."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.sign_in.people import recovery_codes_of, without_app, without_phone
from tests.support.provider import Provider


def test_a_code_by_sms_in_place_of_the_app(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.presses("use-sms")
    traveller.sees("#sms-form", "sms")
    traveller.presses("send")
    traveller.sees("#sent", "sms-sent")
    assert traveller.citizen.phone not in traveller.tab.content()
    old = traveller.takes_from_phone()
    traveller.presses("send")
    new = traveller.takes_from_phone()
    traveller.gives_code(old)
    traveller.sees_refusal("wrong_code", "sms-wrong-code")
    traveller.gives_code(new)
    tokens = there.tokens(traveller.back_at(there))
    assert set(tokens.claims["amr"]) == {"pwd", "otp", "sms", "mfa"}


def test_whoever_has_no_app_comes_to_the_sms_at_once(
    provider: Provider, arrive: Arrive, portal: RegisterPortal
) -> None:
    there, traveller = portal(consent="none"), arrive()
    without_app(provider, traveller.citizen)
    traveller.goes_to(there)
    traveller.gives_password()
    # A code is on its way already.
    traveller.sees("#sent", "sms-only")
    traveller.gives_code(traveller.takes_from_phone())
    there.tokens(traveller.back_at(there))


def test_a_code_from_paper_when_the_phone_is_lost(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    [first, second, *_] = recovery_codes_of(provider, traveller.citizen)
    for code in (first, second.lower().replace("-", " ")):
        traveller.goes_to(there, prompt="login")
        traveller.gives_password()
        traveller.tab.wait_for_selector("#otp-form")
        traveller.presses("use-recovery")
        traveller.sees("#recovery-form", "recovery-code")
        traveller.types("recovery_code", code)
        traveller.presses("verify")
        provider.clock.advance(seconds=1)
        assert "otp" in there.tokens(traveller.back_at(there)).claims["amr"]


def test_whoever_has_nothing_left_reads_where_to_go(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    traveller = arrive()
    without_phone(provider, without_app(provider, traveller.citizen))
    traveller.goes_to(portal())
    traveller.gives_password()
    traveller.sees_refusal("no_second_factor", "no-second-factor")
