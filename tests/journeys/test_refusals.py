"""What a person reads when something is wrong, and that they can go on from there."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.sign_in.people import WRONG
from tests.support.provider import Provider


def test_a_wrong_password_keeps_the_number_and_nothing_else(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    number = traveller.citizen.number
    grouped = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
    traveller.goes_to(there)
    traveller.gives_password(number=grouped, password=WRONG)
    traveller.sees_refusal("wrong_number_or_password", "wrong-password")
    assert traveller.tab.input_value("#citizen_number") == grouped
    assert traveller.tab.input_value("#password") == ""
    traveller.gives_password(number=grouped)
    traveller.gives_code()
    there.tokens(traveller.back_at(there))


def test_a_wrong_code_can_be_typed_again(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.gives_code("000000")
    traveller.sees_refusal("wrong_code", "wrong-code")
    traveller.gives_code()
    there.tokens(traveller.back_at(there))


def test_whoever_tries_too_often_reads_how_long_to_wait(
    provider: Provider, arrive: Arrive, portal: RegisterPortal
) -> None:
    there, traveller = portal(consent="none"), arrive()
    traveller.goes_to(there)
    for _ in range(10):
        traveller.gives_password(password=WRONG)
        traveller.tab.wait_for_selector("#error[data-code=wrong_number_or_password]")
    traveller.gives_password()
    traveller.sees_refusal("too_many_tries", "throttled")
    assert "Thời gian chờ: 15 phút" in traveller.text("#error")
    provider.clock.advance(minutes=15)
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.gives_code()
    there.tokens(traveller.back_at(there))


def test_a_page_left_open_too_long_leads_back_to_the_portal(
    provider: Provider, arrive: Arrive, portal: RegisterPortal
) -> None:
    traveller = arrive()
    traveller.goes_to(portal())
    provider.clock.advance(minutes=16)
    traveller.gives_password()
    traveller.sees_refusal("attempt_missing", "attempt-missing")


def test_a_form_of_another_browser_is_refused(arrive: Arrive, portal: RegisterPortal) -> None:
    traveller = arrive()
    traveller.goes_to(portal())
    traveller.tab.context.clear_cookies()
    traveller.gives_password()
    traveller.sees_refusal("stale_form", "stale-form")


def test_an_unknown_portal_gets_nobody(arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/authorize?client_id=nobody&response_type=code&redirect_uri=https%3A%2F%2Fnobody.example%2F")
    traveller.sees_refusal("portal_unknown", "portal-unknown")


def test_an_address_that_is_not_registered_is_never_followed(arrive: Arrive, portal: RegisterPortal) -> None:
    traveller = arrive()
    traveller.goes_to(portal(), redirect_uri="https://elsewhere.example/callback")
    traveller.sees_refusal("portal_address_unknown", "portal-address-unknown")


def test_a_page_that_is_not_there_says_so(arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/khong-co-trang-nay")
    traveller.sees_refusal("page_not_found", "page-not-found")
    traveller.follows("main a.button")
    traveller.sees("#my-account", "home")


def test_a_bad_sign_out_request_is_not_followed(arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/end-session?post_logout_redirect_uri=https%3A%2F%2Felsewhere.example%2F")
    traveller.sees_refusal("sign_out_request_refused", "sign-out-refused")
