"""The main journey: one sign-in at one portal, known at the next, signed out of both."""

import pytest

from tests.journeys.conftest import EVERY_SITUATION, Arrive, RegisterPortal


@pytest.mark.parametrize("arrive", EVERY_SITUATION.values(), ids=list(EVERY_SITUATION), indirect=True)
def test_signed_in_once_and_known_at_two_portals(arrive: Arrive, portal: RegisterPortal) -> None:
    national = portal(
        **{"client_name": "National Public Service Portal", "client_name#vi": "Cổng Dịch vụ công quốc gia"},
        agency="Văn phòng Chính phủ",
        policy_uri="https://national.example/chinh-sach",
        tos_uri="https://national.example/dieu-khoan",
        scope="openid profile phone address",
    )
    provincial = portal(
        **{"client_name": "Hue Public Service Portal", "client_name#vi": "Cổng Dịch vụ công thành phố Huế"},
        agency="Ủy ban nhân dân thành phố Huế",
    )
    traveller = arrive()

    traveller.goes_to(national, scope="openid profile phone address")
    traveller.sees("#sign-in-form", "sign-in")
    assert "Cổng Dịch vụ công quốc gia" in traveller.text("#portal")
    traveller.gives_password()
    traveller.sees("#otp-form", "second-factor")
    traveller.gives_code()
    traveller.sees("#consent-form", "consent")
    assert traveller.tab.locator("#asked li").count() == 4
    traveller.presses("allow")
    first = national.tokens(traveller.back_at(national))
    assert national.claims(first).keys() > {"name", "phone_number", "address"}

    traveller.goes_to(provincial, scope="openid profile")
    traveller.sees("#consent-form", "consent-second-portal")
    traveller.presses("allow")
    second = provincial.tokens(traveller.back_at(provincial))
    assert first.claims["sub"] != second.claims["sub"]
    assert first.claims["auth_time"] == second.claims["auth_time"]

    # What was agreed is remembered: nothing is asked any more.
    traveller.goes_to(national, scope="openid profile phone address")
    traveller.back_at(national)

    [signed_out] = national.members["post_logout_redirect_uris"]
    traveller.tab.goto(national.sign_out_url(id_token_hint=first.id_token, post_logout_redirect_uri=signed_out))
    traveller.back_after_sign_out(national)
    traveller.goes_to(provincial)
    traveller.tab.wait_for_selector("#sign-in-form")
