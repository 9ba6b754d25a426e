"""Somebody at their own pages."""

from dataclasses import dataclass

import pyotp

from tests.citizen.applicants import error_on
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.provider import Provider
from tests.support.visitor import Visitor

NEW = "zebra crossing by night"
"""Nobody in the register has a name that is in it."""


@dataclass
class AtHome:
    """A person with an account, in a browser where they are signed in."""

    provider: Provider
    visitor: Visitor

    @classmethod
    def signed_in(cls, provider: Provider, citizen: Citizen | None = None) -> "AtHome":
        home = cls(provider, provider.visitor(citizen))
        home.opens("")
        assert home.visitor.goes_on().url == f"{provider.issuer}/account"
        return home

    @property
    def citizen(self) -> Citizen:
        return self.visitor.citizen

    @property
    def browser(self) -> PlainBrowser:
        return self.visitor.browser

    def opens(self, path: str) -> Page:
        """A page under /account."""
        return self.browser.open(f"{self.provider.issuer}/account{path}")

    def changes_password(self, current: str | None = None, new: str = NEW, again: str | None = None) -> Page:
        fields = {
            "current": self.citizen.password if current is None else current,
            "password": new,
            "password_again": new if again is None else again,
        }
        return self.browser.submit("password-form", fields)

    def confirms_app(self) -> Page:
        """Scans the picture on the present page; their app is that one from now on, when it was taken."""
        secret = self.browser.page.element("totp-secret").text.replace(" ", "")
        page = self.browser.submit("totp-form", {"otp": pyotp.TOTP(secret).at(self.provider.clock.now())})
        if error_on(page) is None and not page.has("sign-in-form"):
            self.citizen.totp_secret = secret
        return page
