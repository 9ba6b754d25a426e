"""A person at Chromium, who looks at every page that they come to.

traveller.goes_to(portal)
traveller.sees("#sign-in-form", "sign-in")
traveller.gives_password()
traveller.gives_code()
tokens = portal.tokens(traveller.back_at(portal))
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from playwright.sync_api import ConsoleMessage, Response
from playwright.sync_api import Page as Tab

from tests.journeys.callback import Callbacks
from tests.journeys.looking import close_faults, page_faults
from tests.support.chromium import follow, picture
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider

_OF_THE_MOMENT = re.compile(r"[\w-]{20,}|\d+")
_LOOKED_AT: set[tuple[int, str]] = set()


@dataclass
class Traveller:
    """Somebody with an account, in a window `width` px wide. Without `scripts` no page runs JavaScript."""

    provider: Provider
    callbacks: Callbacks
    tab: Tab
    width: int
    scripts: bool
    citizen: Citizen
    _read: set[str] = field(default_factory=set, repr=False)
    _complaints: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.tab.on("console", self._hears)
        self.tab.on("pageerror", lambda error: self._complaints.append(error.message))
        self.tab.on("response", self._gets)

    def _hears(self, message: ConsoleMessage) -> None:
        # A refusal has a status of its own, and Chromium says so as if something had not come.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self._complaints.append(message.text)

    def _gets(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self._complaints.append(f"{response.status} for {response.url}")

    # What they do

    def opens(self, path: str) -> None:
        """Go to one of the provider's own pages."""
        self.tab.goto(f"{self.provider.issuer}{path}")

    def goes_to(self, portal: Portal, **asked: str | None) -> None:
        """Follow a portal's link."""
        self.tab.goto(portal.ask(**asked))

    def types(self, field_id: str, text: str) -> None:
        self.tab.fill(f"#{field_id}", text)

    def presses(self, element_id: str) -> None:
        """A button or a link that leads to another page."""
        self.follows(f"#{element_id}")

    def follows(self, selector: str) -> None:
        """As `presses`, where the element has no id."""
        follow(self.tab, selector)

    def gives_password(self, *, number: str | None = None, password: str | None = None) -> None:
        self.types("citizen_number", number or self.citizen.number)
        self.types("password", password or self.citizen.password)
        self.presses("sign-in")

    def gives_code(self, code: str | None = None) -> None:
        self.types("otp", code or self.citizen.code(self.provider.clock))
        self.presses("verify")

    def signs_in_at(self, portal: Portal, **asked: str | None) -> Page:
        """All of it, where nothing of it is what the test is about."""
        self.goes_to(portal, **asked)
        self.gives_password()
        self.gives_code()
        return self.back_at(portal)

    def takes_from_phone(self) -> str:
        """The six digits of the one SMS that came since they last looked."""
        [text] = set(self.provider.texts(self.citizen)) - self._read
        self._read.add(text)
        found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
        assert found is not None, "a text without a code"
        return found[0]

    # What they see

    def sees(self, what: str, name: str, *, language: str = "vi") -> None:
        """A page that has `what`, and nothing wrong with it. Its picture is kept under `name`."""
        self.tab.wait_for_selector(what)
        # An element can be there before the style sheet is.
        self.tab.wait_for_load_state()
        faults = page_faults(self.tab, language=language)
        picture(self.tab, f"journey-{name}-{self.width}{'' if self.scripts else '-without-scripts'}")
        if self.scripts and self._is_new():
            faults += close_faults(self.tab)
        assert not (faults + self._complaints), f"{name} at {self.width} px: {faults + self._complaints}"

    def _is_new(self) -> bool:
        """Whether nobody has looked closely at this very page, numbers and ids apart, in a window as wide."""
        page = (self.width, _OF_THE_MOMENT.sub("", self.tab.content()))
        is_new = page not in _LOOKED_AT
        _LOOKED_AT.add(page)
        return is_new

    def sees_refusal(self, code: str, name: str) -> None:
        """A page that says what was refused."""
        self.sees(f"#error[data-code={code}]", name)

    def text(self, selector: str) -> str:
        return self.tab.inner_text(selector)

    def back_at(self, portal: Portal) -> Page:
        """The portal has the person back: what came with them."""
        return self._arrived(lambda url: url.partition("?")[0] == portal.callback)

    def back_after_sign_out(self, portal: Portal) -> Page:
        """The portal has the person back, signed out."""
        [address] = portal.members["post_logout_redirect_uris"]
        return self._arrived(lambda url: url.partition("?")[0] == address)

    def _arrived(self, there: Callable[[str], bool]) -> Page:
        self.tab.wait_for_url(there)
        path = self.tab.url.removeprefix(self.callbacks.origin).partition("?")[0]
        posted = parse_qsl(self.callbacks.posted.pop(path, ""), keep_blank_values=True)
        return Page(self.tab.url, 0, stopped=True, posted=tuple(posted))
