"""A browser without JavaScript, driven by a test: it follows redirects, keeps cookies and sends forms.

browser = PlainBrowser()
browser.location_stops_at("https://portal.example/callback")
page = browser.open(authorization_url)
page = browser.submit("sign-in-form", {"citizen_number": number, "password": password})
page = browser.submit("otp-form", {"otp": code})
page.stopped, page.query["code"]
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from tests.support.cookie_shelf import CookieShelf
from tests.support.html_page import NotOnPage, Page, Pairs

MOST_REDIRECTS = 20
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visit:
    """One request that the browser made, and how it was answered."""

    method: str
    url: str
    status: int
    location: str | None


class PlainBrowser:
    """One person's browser. `history` has every request since the start, redirects included."""

    def __init__(self, *, language: str = "vi", verify: bool | ssl.SSLContext = True, timeout: float = 30) -> None:
        self.cookies = CookieShelf()
        self.history: list[Visit] = []
        self.headers = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Language": language}
        self._stops: list[str] = []
        self._page: Page | None = None
        self._client = httpx.Client(verify=verify, timeout=timeout, trust_env=False, follow_redirects=False)

    def __enter__(self) -> "PlainBrowser":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @property
    def page(self) -> Page:
        """Where the browser is now."""
        if self._page is None:
            raise NotOnPage("This browser has not opened a page yet.")
        return self._page

    def location_stops_at(self, prefix: str) -> None:
        """Do not visit addresses that begin so: the callback of a portal that does not exist is a page of its own."""
        self._stops.append(prefix)

    def open(self, url: str) -> Page:
        """Go to an address as if it were typed in."""
        return self._navigate("GET", url, None, from_page=None)

    def click(self, link_id: str) -> Page:
        """Follow the link with that id on the present page."""
        return self._navigate("GET", self.page.link(link_id), None, from_page=self.page)

    def submit(
        self,
        form_id: str,
        values: Mapping[str, str | None] | None = None,
        *,
        button: str | None = None,
        tab: Page | None = None,
    ) -> Page:
        """Fill a form of the present page and send it; or of `tab`, a page that stayed open beside it.

        `values` are typed over what the form holds; None leaves a field out. `button` is the id of the button to
        press; without it the first one is, as when Enter is hit in a field.
        """
        page = tab or self.page
        form = page.form(form_id)
        pressed = next((each for each in form.buttons if button in (None, each.id)), None)
        if button is not None and pressed is None:
            raise NotOnPage(f"Form #{form_id} has no button #{button}; it has {[each.id for each in form.buttons]}.")
        over = pressed.attributes if pressed else {}
        action = urljoin(page.url, over["formaction"]) if "formaction" in over else form.action
        method = over.get("formmethod", form.method).upper()
        return self._navigate(method, action, form.filled(values or {}, pressed), from_page=page)

    def _navigate(self, method: str, url: str, form: Pairs | None, *, from_page: Page | None) -> Page:
        if method == "GET" and form is not None:
            url, form = f"{url.partition('?')[0]}?{urlencode(form)}", None
        for _ in range(MOST_REDIRECTS):
            if any(url.startswith(prefix) for prefix in self._stops):
                self._page = Page(url, 0, stopped=True, posted=tuple(form or ()))
                return self._page
            answer = self._request(method, url, form, from_page)
            location = answer.headers.get("location") if answer.is_redirect else None
            self.history.append(Visit(method, url, answer.status_code, location))
            if location is None:
                self._page = Page(url, answer.status_code, answer.headers, answer.text)
                return self._page
            url = urljoin(url, location)
            if answer.status_code not in (307, 308):
                method, form = "GET", None
        raise AssertionError(f"more than {MOST_REDIRECTS} redirects: {[visit.url for visit in self.history[-4:]]}")

    def _request(self, method: str, url: str, form: Pairs | None, from_page: Page | None) -> httpx.Response:
        from_host = urlsplit(from_page.url).hostname if from_page else None
        headers = dict(self.headers)
        if cookies := self.cookies.header(url, method=method, from_host=from_host):
            headers["Cookie"] = cookies
        if method == "POST":
            headers["Content-Type"] = FORM
            headers["Origin"] = _origin(from_page)
        content = urlencode(form).encode() if form is not None else None
        answer = self._client.request(method, url.partition("#")[0], headers=headers, content=content)
        # httpx keeps a jar of its own and would send its cookies next to ours.
        self._client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            self.cookies.take(url, line)
        return answer


@contextmanager
def plain_browser(*, language: str = "vi", verify: bool | ssl.SSLContext = True) -> Iterator[PlainBrowser]:
    """A fresh browser for the length of a `with`."""
    with PlainBrowser(language=language, verify=verify) as browser:
        yield browser


def _origin(page: Page | None) -> str:
    """Where a form post says it comes from: nowhere, under `no-referrer` (Fetch, "append a request Origin header")."""
    if page is None or page.headers.get("referrer-policy") == "no-referrer":
        return "null"
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}"
