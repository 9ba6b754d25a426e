"""The whole way with a token: the page in Chromium, the signing helper beside it, and a token in software."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from idp.sign_in.certificates.presenting import SIGNER
from tests.deploy.signer import signer
from tests.support.authorities import Authorities
from tests.support.chromium import accessibility_faults, follow, person
from tests.support.portal import Portal
from tests.support.ports import someone_listens
from tests.support.provider import Provider
from tests.support.softhsm import SoftToken, soft_token


@pytest.fixture(scope="module")
def provider(sqlite_provider: Provider, trusted: Authorities) -> Provider:
    trusted.introduce(sqlite_provider)
    return sqlite_provider


@pytest.fixture(scope="module")
def portal(provider: Provider, callback: str) -> Portal:
    return provider.portal(consent="none", redirect_uris=[callback])


@pytest.fixture
def token(provider: Provider, trusted: Authorities, tmp_path: Path) -> SoftToken:
    """A token of somebody who has an account."""
    return soft_token(tmp_path, trusted.card(provider, provider.newcomer()))


def origin(provider: Provider) -> str:
    parts = urlsplit(provider.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def port() -> int:
    """Where pages look for the program."""
    found = urlsplit(SIGNER).port
    assert found is not None
    assert not someone_listens(found)
    return found


def asked_to_sign(context: BrowserContext, portal: Portal) -> Page:
    """The page of the challenge, reached from the portal's link."""
    page = context.new_page()
    page.goto(portal.ask())
    follow(page, "#challenge")
    return page


def space(page: Page, above: str, below: str) -> float:
    """Between two elements, in px."""
    upper, lower = (page.locator(each).bounding_box() for each in (above, below))
    assert upper
    assert lower
    return lower["y"] - upper["y"] - upper["height"]


def test_a_press_of_the_button_signs_in(browser: Browser, provider: Provider, portal: Portal, token: SoftToken) -> None:
    with signer(token, origins=[origin(provider)], port=port()) as running, person(browser) as context:
        page = asked_to_sign(context, portal)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.click("#sign-with-token")
        page.wait_for_url("**/callback?**")
        assert "code=" in page.url
        assert origin(provider) in running.asked
        assert [said for said in complaints if "Content Security Policy" in said or "CORS" in said] == []


def test_what_the_program_refuses_is_told_in_the_pages_language(
    browser: Browser, provider: Provider, portal: Portal, token: SoftToken
) -> None:
    with signer(token, origins=[origin(provider)], port=port()) as running, person(browser) as context:
        page = asked_to_sign(context, portal)
        running.enters("000000")
        page.click("#sign-with-token")
        page.wait_for_selector("#signing[role=alert].error:has-text('Mã PIN không đúng')")
        assert page.evaluate("document.activeElement.id") == "signing"
        assert space(page, "#sign-with-token", "#signing") >= 8
        assert accessibility_faults(page) == []
        running.enters(token.pin)
        waiting = running.hesitates()
        page.click("#sign-with-token")
        page.wait_for_selector("#signing[role=status].hint:has-text('đang hỏi mã PIN')")
        assert page.evaluate("document.activeElement.id") == "sign-with-token"
        assert space(page, "#sign-with-token", "#signing") >= 8
        waiting.unlink()
        page.wait_for_url("**/callback?**")


def test_a_program_that_does_not_know_the_provider_signs_nothing(
    browser: Browser, portal: Portal, token: SoftToken
) -> None:
    with signer(token, origins=["https://id.example.vn"], port=port()) as running, person(browser) as context:
        page = asked_to_sign(context, portal)
        page.click("#sign-with-token")
        page.wait_for_selector("#signing:has-text('Không tìm thấy phần mềm ký số')")
        assert running.asked == ""


def test_without_the_program_the_person_is_told_and_can_send_what_another_made(
    browser: Browser, portal: Portal
) -> None:
    port()
    with person(browser) as context:
        page = asked_to_sign(context, portal)
        page.click("#sign-with-token")
        page.wait_for_selector("#signing:has-text('Không tìm thấy phần mềm ký số')")
        page.click("#sign-by-hand summary")
        page.fill("#token", "chữ ký")
        follow(page, "#answer")
        page.wait_for_selector("#error[data-code=answer_unreadable]")


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_after_a_refused_answer_the_next_code_to_sign_is_in_sight(
    browser: Browser, portal: Portal, javascript: bool
) -> None:
    with person(browser, javascript=javascript) as context:
        page = asked_to_sign(context, portal)
        assert page.is_visible("#nonce") is not javascript
        if javascript:
            page.click("#sign-by-hand summary")
        refused = page.inner_text("#nonce")
        page.fill("#token", "chữ ký")
        follow(page, "#answer")
        page.wait_for_selector("#error[data-code=answer_unreadable]")
        assert page.is_visible("#nonce")
        assert page.is_visible("#token")
        assert page.inner_text("#nonce") != refused
        if javascript:
            page.wait_for_function("document.activeElement.id === 'error'")
            assert accessibility_faults(page) == []
