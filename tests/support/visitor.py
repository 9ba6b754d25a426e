"""A person at a browser without JavaScript, by the page ids of design.md §6."""

from dataclasses import dataclass

from tests.support.citizens import Citizen
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal


@dataclass
class Visitor:
    """Somebody who goes from portal to portal. Portals do not exist: a visit ends at their callback."""

    citizen: Citizen
    browser: PlainBrowser
    clock: ManualClock

    def goes_to(self, portal: Portal, **asked: str | None) -> Page:
        """Follow a portal's link, and do nothing on what comes up."""
        return self.browser.open(portal.ask(**asked))

    def signs_in_at(self, portal: Portal, **asked: str | None) -> Page:
        """Follow a portal's link and do what the pages ask: sign in where that is needed, and agree."""
        self.goes_to(portal, **asked)
        return self.goes_on()

    def goes_on(self) -> Page:
        """Fill in whatever is asked, until the portal is reached or nothing is asked any more."""
        if self.browser.page.has("sign-in-form"):
            self.gives_password()
        if self.browser.page.has("otp-form"):
            self.gives_code()
        if self.browser.page.has("consent-form"):
            self.browser.submit("consent-form", button="allow")
        return self.browser.page

    def gives_password(self) -> Page:
        person = self.citizen
        return self.browser.submit("sign-in-form", {"citizen_number": person.number, "password": person.password})

    def gives_code(self) -> Page:
        return self.browser.submit("otp-form", {"otp": self.citizen.code(self.clock)})
