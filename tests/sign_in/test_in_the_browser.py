"""Signing in and agreeing in Chromium: on a phone and on a desk, with JavaScript and without."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.sign_in.people import WRONG, recovery_codes_of, sms_code, without_app
from tests.support.chromium import WIDTHS, follow, look, person
from tests.support.citizens import Citizen
from tests.support.portal import Portal
from tests.support.provider import Provider

LONG_NAME = "Cổng dịch vụ công trực tuyến của Ủy ban nhân dân thành phố Huế và các đơn vị sự nghiệp trực thuộc"
LONG_AGENCY = "Trung tâm Phục vụ hành chính công - Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân thành phố"


@pytest.fixture(scope="module")
def provider(sqlite_provider: Provider) -> Provider:
    """One is enough: pages do not know the engine behind them."""
    return sqlite_provider


@pytest.fixture(scope="module")
def portal(provider: Provider, callback: str) -> Portal:
    """A portal with long names, which asks for everything and whose people must agree."""
    return provider.portal(
        **{"client_name": "Public services", "client_name#vi": LONG_NAME},
        agency=LONG_AGENCY,
        redirect_uris=[callback],
        consent="ask",
        scope="openid profile email phone address account_level citizen_number offline_access",
        refresh="offline",
        legal_basis="khoản 2 Điều 10 Luật Căn cước số 26/2023/QH15",
        policy_uri="https://portal.example/chinh-sach",
        tos_uri="https://portal.example/dieu-khoan",
        logo_uri="https://portal.example/logo.png",
    )


def open_sign_in(context: BrowserContext, portal: Portal) -> Page:
    """The sign-in page, at which the portal's link ends."""
    page = context.new_page()
    page.goto(portal.ask(scope=str(portal.members["scope"]), prompt="consent"))
    return page


def gives_password(page: Page, citizen: Citizen, password: str | None = None) -> None:
    page.fill("#citizen_number", citizen.number)
    page.fill("#password", password or citizen.password)
    follow(page, "#sign-in")


def test_every_page_fits_and_axe_finds_nothing(browser: Browser, provider: Provider, portal: Portal) -> None:
    citizen = provider.newcomer()
    code = recovery_codes_of(provider, citizen)[0]
    with person(browser) as context:
        page = open_sign_in(context, portal)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        look(page, "sign-in")
        gives_password(page, citizen, WRONG)
        look(page, "sign-in-refused")
        assert page.input_value("#citizen_number") == citizen.number
        assert page.get_attribute("#citizen_number", "aria-invalid") == "true"
        page.fill("#password", citizen.password)
        page.keyboard.press("Enter")
        page.wait_for_selector("#otp")
        look(page, "sign-in-app")
        page.fill("#otp", "000 000")
        follow(page, "#verify")
        look(page, "sign-in-app-refused")
        follow(page, "#use-sms")
        look(page, "sign-in-sms")
        follow(page, "#send")
        look(page, "sign-in-sms-sent")
        follow(page, "#use-recovery")
        look(page, "sign-in-recovery")
        page.fill("#recovery_code", code)
        follow(page, "#verify")
        look(page, "consent")
        follow(page, "#allow")
        page.wait_for_url("**/callback?**")
        assert page.inner_text("body") == "portal"
        assert "code=" in page.url
        assert [said for said in complaints if "Content Security Policy" in said] == []


def test_nothing_needs_javascript(browser: Browser, provider: Provider, portal: Portal) -> None:
    citizen = without_app(provider, provider.newcomer())
    with person(browser, javascript=False) as context:
        page = open_sign_in(context, portal)
        assert page.locator(".reveal").count() == 0
        gives_password(page, citizen)
        page.fill("#otp", sms_code(provider, citizen))
        follow(page, "#verify")
        follow(page, "#deny")
        page.wait_for_url("**/callback?**")
        assert "error=access_denied" in page.url


def test_the_keyboard_goes_through_the_form_in_order(browser: Browser, provider: Provider, portal: Portal) -> None:
    with person(browser, width=WIDTHS["phone"]) as context:
        page = open_sign_in(context, portal)
        page.focus("#citizen_number")
        reached = []
        for _ in range(3):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert reached == ["password", "reveal", "sign-in"]


def test_the_other_language_is_chosen_on_the_way(browser: Browser, provider: Provider, portal: Portal) -> None:
    with person(browser) as context:
        page = open_sign_in(context, portal)
        gives_password(page, provider.newcomer())
        follow(page, "text=English")
        assert page.inner_text("h1") == "Second step"
        assert page.get_attribute("html", "lang") == "en"
