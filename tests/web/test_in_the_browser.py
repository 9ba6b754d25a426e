"""The pages in Chromium: on a phone and on a desk, with JavaScript and without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import WIDTHS, accessibility_faults, chromium, follow, look, person
from tests.web.sample import LONG_NAME, NUMBER, Sample
from tests.web.serving import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(sample: Sample) -> Iterator[str]:
    with serving(sample.application("http://localhost")) as served:
        yield served


def refused_by_policy(page: Page) -> list[str]:
    """What the console says of the content policy, from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("pageerror", lambda error: said.append(error.message))
    return said


@pytest.mark.parametrize("path", ["/sample", "/sample?wide=1", "/nowhere", "/bug/x", "/error?code=stale_form"])
def test_pages_fit_and_axe_finds_nothing(browser: Browser, address: str, path: str) -> None:
    with person(browser) as context:
        page = context.new_page()
        complaints = refused_by_policy(page)
        page.goto(address + path)
        look(page, f"web{path}")
        assert complaints == []


def test_a_form_shown_again_says_why(browser: Browser, address: str) -> None:
    with person(browser) as context:
        page = context.new_page()
        page.goto(f"{address}/sample")
        assert LONG_NAME in page.inner_text("main")
        page.fill("#citizen_number", "003 09")
        page.fill("#password", "mật khẩu")
        page.fill("#otp", "123456")
        follow(page, "#send")
        look(page, "web-form-again")
        assert page.get_attribute("#error", "data-code") == "unknown_error"
        assert page.title() == "Lỗi: Định Danh · Định Danh"
        assert page.input_value("#citizen_number") == "003 09"
        assert page.input_value("#password") == ""


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    with person(browser, javascript=False) as context:
        page = context.new_page()
        page.goto(f"{address}/sample?wide=1")
        assert page.locator(".reveal").count() == 0
        follow(page, "text=English")
        assert page.url == f"{address}/sample?wide=1"
        assert page.get_attribute("html", "lang") == "en"
        page.fill("#citizen_number", NUMBER)
        page.fill("#password", "x")
        page.fill("#otp", "123456")
        follow(page, "#send")
        assert NUMBER in page.content()


def test_a_password_can_be_shown_and_is_hidden_when_sent(browser: Browser, address: str) -> None:
    with person(browser) as context:
        page = context.new_page()
        page.goto(f"{address}/sample")
        page.fill("#password", "mật khẩu")
        page.click("text=Hiện mật khẩu")
        assert page.get_attribute("#password", "type") == "text"
        assert accessibility_faults(page) == []
        page.click("text=Ẩn mật khẩu")
        assert page.get_attribute("#password", "type") == "password"


def test_pressed_twice_a_form_is_sent_once(browser: Browser, address: str) -> None:
    with person(browser) as context:
        page = context.new_page()
        page.goto(f"{address}/sample")
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        for field, value in (("citizen_number", "003 09"), ("password", "x"), ("otp", "123456")):
            page.fill(f"#{field}", value)
        page.dblclick("#send")
        page.wait_for_selector("#error")
        assert posts == [f"{address}/sample"]
        page.fill("#password", "x")
        page.fill("#otp", "123456")
        follow(page, "#send")
        page.wait_for_selector("#error")
        assert len(posts) == 2


def test_the_keyboard_goes_through_the_page_in_order_and_is_seen(browser: Browser, address: str) -> None:
    with person(browser, width=WIDTHS["phone"]) as context:
        page = context.new_page()
        page.goto(f"{address}/sample")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        reached = []
        for _ in range(7):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        assert reached == ["citizen_number", "password", "reveal", "otp", "note", "trust-yes", "send"]


def test_what_is_touched_is_large_enough(browser: Browser, address: str) -> None:
    with person(browser, width=WIDTHS["phone"]) as context:
        page = context.new_page()
        page.goto(f"{address}/sample")
        heights = page.evaluate(
            """[...document.querySelectorAll("a:not(.skip), button, .field input, .choice label")]
               .map(element => [element.textContent.trim() || element.id, element.getBoundingClientRect().height])"""
        )
        assert [name for name, height in heights if height < 44] == []
