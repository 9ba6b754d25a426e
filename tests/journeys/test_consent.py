"""Agreeing, not agreeing, and portals whose words are long."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.support.provider import Provider

LONG_PORTAL = "Hệ thống thông tin giải quyết thủ tục hành chính của Bộ Nông nghiệp và Môi trường, bản thử nghiệm 2026"[
    :100
]
LONG_AGENCY = (
    "Trung tâm Chuyển đổi số, Cục Đăng ký và Dữ liệu thông tin đất đai – Văn phòng Bộ Nông nghiệp và Môi trường"
)
BASIS = "Nghị định số 69/2024/NĐ-CP về định danh và xác thực điện tử, khoản 2 Điều 15"


def test_a_portal_is_told_of_a_no_and_may_ask_again(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(), arrive()
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.gives_code()
    traveller.tab.wait_for_selector("#consent-form")
    traveller.presses("deny")
    assert there.error(traveller.back_at(there)) == "access_denied"
    traveller.goes_to(there)
    traveller.tab.wait_for_selector("#consent-form")
    traveller.presses("allow")
    there.tokens(traveller.back_at(there))


def test_long_names_and_everything_there_is_to_ask_fit(arrive: Arrive, portal: RegisterPortal) -> None:
    everything = "openid profile email phone address account_level citizen_number offline_access"
    there = portal(
        **{"client_name": "L" * 100, "client_name#vi": LONG_PORTAL},
        agency=LONG_AGENCY,
        scope=everything,
        refresh="offline",
        legal_basis=BASIS,
        policy_uri="https://portal.example/chinh-sach",
    )
    traveller = arrive()
    traveller.goes_to(there, scope=everything, prompt="consent")
    traveller.sees("#sign-in-form", "sign-in-long-names")
    traveller.gives_password()
    traveller.gives_code()
    traveller.sees("#consent-form", "consent-everything")
    assert BASIS in traveller.text("[data-scope=citizen_number]")
    traveller.presses("allow")
    tokens = there.tokens(traveller.back_at(there))
    assert tokens.refresh_token
    assert there.claims(tokens)["citizen_number"] == traveller.citizen.number


def test_a_name_without_a_space_in_it_does_not_push_the_page_wide(arrive: Arrive, portal: RegisterPortal) -> None:
    traveller = arrive(language="en-GB")
    traveller.goes_to(portal(client_name="W" * 100, **{"client_name#vi": None}))
    traveller.sees("#sign-in-form", "sign-in-unbroken-name", language="en")


def test_a_portal_that_always_asks_says_so(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="always"), arrive()
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.gives_code()
    traveller.sees("#consent-form", "consent-always")
    traveller.presses("allow")
    traveller.back_at(there)
    provider.clock.advance(seconds=1)
    traveller.goes_to(there)
    traveller.tab.wait_for_selector("#consent-form")


def test_services_that_a_portal_may_use_are_named(arrive: Arrive, portal: RegisterPortal) -> None:
    long = "https://api.van-phong-dang-ky-dat-dai.bo-nong-nghiep-va-moi-truong.example/ho-so-dia-chinh/trich-luc/v2"
    cases = "https://api.justice.example"
    there = portal(resources=[cases, long], scope="openid profile justice.cases land.records")
    traveller = arrive()
    traveller.goes_to(there, scope="openid profile justice.cases land.records", resource=long)
    traveller.gives_password()
    traveller.gives_code()
    traveller.sees("#consent-form", "consent-services")
    assert long.removeprefix("https://") in traveller.text("[data-api]")
    traveller.presses("allow")
    there.tokens(traveller.back_at(there))
    traveller.goes_to(there, scope="openid justice.cases", resource=cases)
    traveller.sees("#consent-form", "consent-another-service")
    traveller.presses("allow")
    there.tokens(traveller.back_at(there))
    traveller.opens("/account/consents")
    traveller.sees("[data-api]", "account-services")
    traveller.opens("/account/activity")
    traveller.sees("#activity", "account-activity-services")
