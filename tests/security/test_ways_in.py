"""Every way into an account is a written one: a stranger who follows every link and sends every form finds no other."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

import idp
from tests.citizen.at_home import AtHome
from tests.support.html_page import Form, Page
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.provider import Provider

WRITTEN = Path(idp.__file__).parent.parent / "docs/requirements.md"
ASKED = {
    *("citizen_number", "full_name", "birth_date", "password", "password_again", "current", "code", "otp"),
    *("recovery_code", "end_others"),
}
"""All that anybody is ever asked for: who they are, a password, a code. No question about a life, no e-mail address."""

REMEMBERED = {"csrf", "attempt", "method", "session", "device", "portal"}
"""What a form carries for the page that reads it."""

TYPED = {
    "citizen_number": "003190999999",
    "full_name": "Nguyễn Văn Không",
    "birth_date": "30/04/1980",
    "password": "gió thổi qua cánh đồng",
    "code": "123456",
}


@dataclass
class Walk:
    """Goes wherever the pages lead, once to each. `asked` has the path of every form and what it asks for."""

    browser: PlainBrowser
    issuer: str
    sends: bool
    pages: set[str] = field(default_factory=set)
    asked: dict[str, set[str]] = field(default_factory=dict)

    def goes_everywhere(self, *starts: str) -> None:
        waiting = list(starts)
        while waiting:
            address = waiting.pop(0)
            path = urlsplit(address).path
            if address.startswith(f"{self.issuer}/") and path not in self.pages:
                self.pages.add(path)
                waiting += self._looks_around(self.browser.open(address))

    def _looks_around(self, page: Page) -> list[str]:
        """Where this page leads: its links, and what comes of its forms."""
        links = [each.attributes["href"] for each in page.elements if each.tag == "a" and "href" in each.attributes]
        found = [page.url, *(urljoin(page.url, link) for link in links)]
        for element in page.elements:
            if element.tag == "form" and element.id:
                found += self._meets(page, page.form(element.id))
        return found

    def _meets(self, page: Page, form: Form) -> list[str]:
        path = urlsplit(form.action).path
        if path in self.asked:
            return []
        names = self.asked[path] = {name for name, _ in form.fields}
        if not self.sends:
            return []
        self.browser._page = page
        typed = {name: value for name, value in TYPED.items() if name in names}
        return self._looks_around(self.browser.submit(form.id, typed))


@pytest.fixture
def stranger(provider: Provider, portal: Portal) -> Walk:
    """Somebody without an account who went wherever they could."""
    walk = Walk(provider.browser(), provider.issuer, sends=True)
    walk.goes_everywhere(portal.ask(), f"{provider.issuer}/")
    return walk


def test_a_stranger_finds_the_written_ways_in_and_no_other(stranger: Walk) -> None:
    """ASVS 6.1.3 and 6.3.4. Later steps open after a proof that a stranger does not have."""
    _, _, section = WRITTEN.read_text().partition("## Ways in")
    written = set(re.findall(r"`(/[a-z/-]+)`", section.partition("\n## ")[0]))
    met = {path for path, names in stranger.asked.items() if names & ASKED}
    ways_to_the_brake = {"/lock", "/lock/code", "/unlock"}
    assert met == {"/sign-in/password", "/activate", "/activate/code", "/recover", "/recover/code"} | ways_to_the_brake
    assert met <= written


def test_no_page_signs_a_stranger_in(provider: Provider, stranger: Walk) -> None:
    """ASVS 7.6.2: a session comes of a person's own proof and of nothing else."""
    assert stranger.browser.cookies.get("localhost", "__Host-session") is None
    assert stranger.browser.open(f"{provider.issuer}/account").has("sign-in-form")


def test_no_answer_to_a_form_asks_the_browser_to_send_it_again(stranger: Walk) -> None:
    """RFC 9700 §4.12, on every page: 307 and 308 hand on what was typed, 301 and 302 are read in two ways."""
    history = stranger.browser.history
    assert sum(visit.method == "POST" for visit in history) == len(stranger.asked) >= 5
    assert {visit.status for visit in history if visit.location is not None} == {303}


def test_nobody_is_asked_what_others_may_know(provider: Provider, stranger: Walk) -> None:
    """ASVS 6.4.2 and 6.3.6: neither the mother's name nor an address for mail opens or gets back an account."""
    home = Walk(AtHome.signed_in(provider).browser, provider.issuer, sends=False)
    home.goes_everywhere(f"{provider.issuer}/account")
    assert {"/account/password", "/account/second-factors/app", "/sign-out"} <= home.asked.keys()
    every = set().union(*stranger.asked.values(), *home.asked.values())
    assert every <= ASKED | REMEMBERED, every - ASKED - REMEMBERED
