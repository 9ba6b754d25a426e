"""Every page of the room in Chromium, on a phone and on a desk: it fits, axe finds nothing, no script is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from idp.accounts import recovery_codes
from idp.audit import record
from idp.audit.events import NationalNumberReleased, RegisteredText
from idp.consent import agreements
from tests.citizen.applicants import Applicants, typed, written
from tests.support.authorities import Authorities
from tests.support.chromium import WIDTHS, chromium, follow, look, person
from tests.support.citizens import Citizen
from tests.support.pki import Issued
from tests.support.pki import name as subject
from tests.support.provider import Provider
from tests.support.signed_answers import web_eid

# Nobody in the register has a name that is in it.
PASSWORD = "zebra crossing by night"
LONG_NAME = "Công Tằng Tôn Nữ Thị Huyền Trân Nguyễn Phước Bảo Châu Hoàng Minh Nguyệt Thảo"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@dataclass
class Looker:
    """Somebody who goes from page to page, while each is looked at."""

    provider: Provider
    page: Page

    def look(self, name: str) -> None:
        look(self.page, f"citizen-{name}")

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.provider.issuer}{path}")

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"#{name}", value)


@pytest.fixture
def looker(browser: Browser, sqlite_provider: Provider) -> Iterator[Looker]:
    with person(browser) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
        page.on("pageerror", lambda error: said.append(error.message))
        yield Looker(sqlite_provider, page)
        assert said == []


def test_opening_an_account(looker: Looker) -> None:
    applicant = Applicants(looker.provider).somebody(full_name=LONG_NAME)
    looker.opens("/")
    looker.look("home")
    follow(looker.page, "#activate")
    looker.look("activate")
    looker.fills(**typed(applicant.entry, birth_date="31/2/1990"))
    follow(looker.page, "#next")
    looker.look("activate-refused")
    looker.fills(**typed(applicant.entry))
    follow(looker.page, "#next")
    looker.look("activate-code")
    looker.fills(code="000000")
    follow(looker.page, "#next")
    looker.look("activate-code-refused")
    looker.fills(code=applicant.code())
    follow(looker.page, "#next")
    looker.look("activate-password")
    looker.fills(password="hoa sen", password_again="hoa sen")
    follow(looker.page, "#next")
    looker.look("activate-password-refused")
    looker.fills(password=PASSWORD, password_again=PASSWORD)
    follow(looker.page, "#next")
    looker.look("activate-app")
    secret = looker.page.inner_text("#totp-secret").replace(" ", "")
    looker.fills(otp=pyotp.TOTP(secret).at(looker.provider.clock.now()))
    follow(looker.page, "#confirm")
    assert looker.page.is_visible("#activated")
    looker.look("activated")
    looker.opens("/activate/password")
    looker.look("activation-over")
    follow(looker.page, "text=English")
    looker.look("activation-over-english")


def test_getting_back_in(looker: Looker) -> None:
    provider = looker.provider
    citizen = provider.newcomer()
    known = provider.run(provider.parts.register.find(citizen.number))
    assert known
    looker.opens("/recover")
    looker.look("recover")
    looker.fills(citizen_number=citizen.number, full_name=known.full_name, birth_date=written(known.birth))
    follow(looker.page, "#next")
    looker.look("recover-code")
    looker.fills(code=_code(provider, citizen))
    follow(looker.page, "#next")
    looker.look("recover-password")
    looker.fills(otp="000000", password=PASSWORD, password_again=PASSWORD)
    follow(looker.page, "#next")
    looker.look("recover-password-refused")
    looker.fills(otp=citizen.code(provider.clock), password=PASSWORD, password_again=PASSWORD)
    follow(looker.page, "#next")
    assert looker.page.is_visible("#recovered")
    looker.look("recovered")
    looker.opens("/recover/code")
    looker.look("recovery-over")


def test_ones_own_pages(looker: Looker) -> None:
    provider = looker.provider
    citizen = _with_a_past(provider)
    _signs_in(looker, citizen)
    for name in ("", "consents", "activity", "second-factors", "password", "sessions", "devices"):
        looker.opens(f"/account/{name}".rstrip("/"))
        looker.look(f"account-{name or 'overview'}")
    for name in ("app", "remove-app", "recovery-codes"):
        looker.opens(f"/account/second-factors/{name}")
        looker.look(f"account-{name}")
    follow(looker.page, "#make-codes")
    looker.look("account-new-codes")
    looker.opens("/account/password")
    looker.fills(current="không phải", password=PASSWORD, password_again=PASSWORD)
    follow(looker.page, "#change")
    looker.look("account-password-refused")
    looker.fills(current=citizen.password, password=PASSWORD, password_again=PASSWORD)
    follow(looker.page, "#change")
    looker.look("account-password-done")
    looker.opens("/account/second-factors/remove-app")
    follow(looker.page, "#remove")
    looker.look("account-app-removed")
    looker.opens("/account")
    looker.look("account-overview-warned")
    looker.opens("/")
    looker.look("home-signed-in")
    looker.opens("/account/activity")
    follow(looker.page, "text=English")
    looker.look("account-activity-english")


def test_certificates(looker: Looker, trusted: Authorities) -> None:
    citizen = _with_a_past(looker.provider)
    _signs_in(looker, citizen)
    looker.opens("/account/certificates")
    looker.look("certificates-none")
    follow(looker.page, "#add")
    looker.look("certificate-add")
    _signs(looker, "no signature at all")
    looker.look("certificate-add-refused")
    recorded = looker.provider.run(looker.provider.parts.register.find(citizen.number))
    assert recorded is not None
    for issued in (
        trusted.card(looker.provider, citizen),
        trusted.issue(subject(recorded.full_name, organisation="Ủy ban nhân dân tỉnh"), by="government"),
    ):
        looker.opens("/account/certificates/add")
        _signs(looker, _signed(looker, issued))
        looker.look("certificate-confirm")
        follow(looker.page, "#confirm")
    looker.look("certificate-added")
    follow(looker.page, "#name-1")
    looker.fills(label="Thiết bị ký số dùng ở cơ quan, cất trong ngăn kéo bên phải")
    looker.look("certificate-name")
    follow(looker.page, "#name")
    looker.look("certificates-named")
    follow(looker.page, "#remove-1")
    looker.look("certificate-remove")
    looker.opens("/account/second-factors")
    looker.look("account-second-factors-with-certificates")
    looker.opens("/account/certificates")
    follow(looker.page, "text=English")
    looker.look("certificates-english")


def test_opening_an_account_with_a_certificate(looker: Looker, trusted: Authorities) -> None:
    applicant = Applicants(looker.provider).somebody()
    looker.opens("/activate")
    follow(looker.page, "#by-certificate")
    looker.look("activate-by-certificate")
    _signs(looker, _signed(looker, trusted.issue(subject("Nguyễn Văn An"), by="government")))
    looker.look("activate-by-certificate-refused")
    issued = trusted.issue(subject(applicant.entry.full_name, f"CCCD:{applicant.entry.number}"))
    _signs(looker, _signed(looker, issued))
    assert looker.page.is_visible("#activation-password-form")
    looker.look("activate-by-certificate-password")


def test_no_script_is_needed(browser: Browser, sqlite_provider: Provider) -> None:
    provider = sqlite_provider
    with person(browser, javascript=False, width=WIDTHS["phone"]) as context:
        looker = Looker(provider, context.new_page())
        applicant = Applicants(provider).somebody()
        looker.opens("/activate")
        looker.fills(**typed(applicant.entry))
        follow(looker.page, "#next")
        looker.fills(code=applicant.code())
        follow(looker.page, "#next")
        looker.fills(password=PASSWORD, password_again=PASSWORD)
        follow(looker.page, "#next")
        follow(looker.page, "#use-phone")
        assert looker.page.is_visible("#activated")
        assert looker.page.locator("#recovery-codes li").count() == 10


def test_the_keyboard_is_enough(browser: Browser, sqlite_provider: Provider) -> None:
    with person(browser) as context:
        looker = Looker(sqlite_provider, context.new_page())
        citizen = sqlite_provider.newcomer()
        _signs_in(looker, citizen)
        reached = []
        for _ in range(14):
            looker.page.keyboard.press("Tab")
            reached.append(looker.page.evaluate("document.activeElement.getAttribute('href')"))
        assert reached[3:12] == [
            *("/account", "/account/consents", "/account/activity", "/account/second-factors"),
            *("/account/certificates", "/account/password", "/account/sessions", "/account/devices", "/sign-out"),
        ]


def _with_a_past(provider: Provider) -> Citizen:
    """Somebody who agreed to something, was told of by a portal, and has recovery codes."""
    citizen = provider.newcomer()
    portal = provider.portal(
        consent="ask", **{"client_name#vi": "Cổng Dịch vụ công tỉnh thử nghiệm về hộ tịch, cư trú và đất đai"}
    )
    parts, now = provider.parts, provider.clock.now()
    registered = parts.portals.get(portal.client_id)
    assert registered
    asked, year = frozenset({"profile", "address", "offline_access"}), timedelta(days=365)
    provider.run(parts.database.run(agreements.give, citizen.account_id, registered.id, asked, lifetime=year, now=now))
    released = NationalNumberReleased(legal_basis=RegisteredText("Nghị định 69/2024/NĐ-CP"), released_in="userinfo")
    provider.run(parts.database.run(record, released, account_id=citizen.account_id, portal_id=registered.id, now=now))
    provider.run(parts.database.run(recovery_codes.make, parts.keyring, citizen.account_id, now=now))
    visitor = provider.visitor(citizen)
    visitor.browser.open(f"{provider.issuer}/account")
    visitor.goes_on()
    return citizen


def _signs_in(looker: Looker, citizen: Citizen) -> None:
    looker.opens("/account")
    looker.fills(citizen_number=citizen.number, password=citizen.password)
    follow(looker.page, "#sign-in")
    looker.fills(otp=citizen.code(looker.provider.clock))
    follow(looker.page, "#verify")
    looker.page.wait_for_url(f"{looker.provider.issuer}/account")


def _signed(looker: Looker, issued: Issued) -> str:
    """What a signing program answers to the present page."""
    nonce = looker.page.get_attribute("#challenge-form", "data-nonce")
    assert nonce
    return web_eid(issued, nonce=nonce, origin=looker.provider.issuer)


def _signs(looker: Looker, token: str) -> None:
    if not looker.page.is_visible("#token"):  # open by itself after a refusal
        looker.page.click("#sign-by-hand summary")
    looker.page.fill("#token", token)
    follow(looker.page, "#answer")


def _code(provider: Provider, citizen: Citizen) -> str:
    return next(word for word in provider.texts(citizen)[0].split() if word.isdigit() and len(word) == 6)
