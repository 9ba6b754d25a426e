"""The scripted browser itself: what it sends must be what a real browser would send."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.support.cookie_shelf import CookieShelf
from tests.support.html_page import NotOnPage, Page
from tests.support.plain_browser import PlainBrowser

FORM_PAGE = """<!doctype html><title>t</title><body><p id="error" data-code="wrong">Sai&nbsp;mật khẩu</p>
<form id="f" method="post" action="/echo"><input name="csrf" type="hidden" value="x&amp;y"><input name="otp">
<input type="checkbox" name="agree" value="1"><input type="checkbox" name="news" checked>
<select name="lang"><option value="vi">V<option value="en" selected>E</select><textarea name="note">
dòng</textarea><button id="no" name="do" value="no">No</button><button id="yes" name="do" value="yes">Yes</button>
</form><input name="outside" form="f" value="o"><a id="on" href="/cookie">on</a>
<form id="away" method="post" action="https://portal.example/cb">
<input name="code" value="c_1"><button>→</button></form>"""


class Site(BaseHTTPRequestHandler):
    """A page with forms, an echo, and redirects."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/form":
            self._answer(200, FORM_PAGE)
        elif path == "/cookie":
            self._answer(303, "", ("Set-Cookie", "__Host-s=1; Path=/; Secure; HttpOnly"), ("Location", "/show"))
        elif path == "/to-portal":
            self._answer(302, "", ("Location", "https://portal.example/cb?code=c_1&state=a%20b"))
        else:
            self._answer(200, f"{self.path} {self.headers.get('Cookie')}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(200, f"{self.headers['Origin']} {body}")

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def _answer(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        content = text.encode()
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser() -> Iterator[PlainBrowser]:
    with PlainBrowser() as browser:
        yield browser


def test_a_form_sends_what_it_holds_and_what_was_typed(site: str, browser: PlainBrowser) -> None:
    browser.open(f"{site}/form")
    page = browser.submit("f", {"otp": "123456", "news": None}, button="yes")
    assert page.text == f"{site} csrf=x%26y&lang=en&note=d%C3%B2ng&outside=o&otp=123456&do=yes"


def test_enter_presses_the_first_button(site: str, browser: PlainBrowser) -> None:
    browser.open(f"{site}/form")
    assert browser.submit("f", {"agree": "1"}).text.endswith("agree=1&do=no")


def test_a_field_that_is_not_there_fails_the_test(site: str, browser: PlainBrowser) -> None:
    browser.open(f"{site}/form")
    with pytest.raises(NotOnPage, match="has no field"):
        browser.submit("f", {"password": "x"})


def test_elements_are_found_by_id_and_read_as_text(site: str, browser: PlainBrowser) -> None:
    error = browser.open(f"{site}/form").element("error")
    assert (error.text, error.attributes["data-code"]) == ("Sai mật khẩu", "wrong")


def test_a_host_cookie_comes_back_over_loopback_http(site: str, browser: PlainBrowser) -> None:
    browser.open(f"{site}/form")
    assert browser.click("on").text == "/show __Host-s=1"
    assert [visit.status for visit in browser.history] == [200, 303, 200]


def test_the_callback_of_a_portal_that_does_not_exist_is_a_page(site: str, browser: PlainBrowser) -> None:
    browser.location_stops_at("https://portal.example/cb")
    page = browser.open(f"{site}/to-portal")
    assert page.stopped
    assert page.query == {"code": "c_1", "state": "a b"}


def test_a_form_post_to_such_a_portal_keeps_what_it_would_have_sent(site: str, browser: PlainBrowser) -> None:
    browser.location_stops_at("https://portal.example/cb")
    browser.open(f"{site}/form")
    page = browser.submit("away")
    assert (page.stopped, dict(page.posted)) == (True, {"code": "c_1"})


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("__Host-a=1; Secure; Path=/", True),
        ("__Host-a=1; Path=/", False),
        ("__Host-a=1; Secure; Path=/sign-in", False),
        ("__Host-a=1; Secure; Path=/; Domain=localhost", False),
        ("__Secure-a=1", False),
        ("a=1", True),
    ],
)
def test_a_prefix_is_a_promise(line: str, taken: bool) -> None:
    shelf = CookieShelf()
    shelf.take("http://localhost:8000/sign-in", line)
    assert bool(shelf.held) == taken
    assert bool(shelf.refused) == (not taken)


def test_cookies_are_parted_by_host_and_path_but_not_by_port() -> None:
    shelf = CookieShelf()
    shelf.take("http://localhost:8000/a/b", "here=1")
    assert shelf.header("http://localhost:9000/a/c") == "here=1"
    assert shelf.header("http://127.0.0.1:8000/a/c") == ""
    assert shelf.header("http://localhost:8000/ab") == ""


def test_a_lax_cookie_stays_home_when_another_site_posts() -> None:
    shelf = CookieShelf()
    shelf.take("https://id.example/", "s=1; Secure; Path=/; SameSite=Lax")
    assert shelf.header("https://id.example/authorize", from_host="portal.example") == "s=1"
    assert shelf.header("https://id.example/authorize", method="POST", from_host="portal.example") == ""
    assert shelf.header("https://id.example/authorize", method="POST", from_host="id.example") == "s=1"


@pytest.mark.parametrize("end", ["Max-Age=0", "expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_removed_cookie_is_gone(end: str) -> None:
    shelf = CookieShelf()
    shelf.take("http://localhost/", "s=1; Path=/")
    shelf.take("http://localhost/", f"s=; Path=/; {end}")
    assert shelf.get("localhost", "s") is None


def test_a_repeated_parameter_in_an_address_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="repeated"):
        _ = Page("https://portal.example/cb?state=1&state=2", 0).query
