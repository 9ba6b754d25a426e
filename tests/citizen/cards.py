"""A certificate in somebody's hand, shown by both ways; the test is the proxy in front of the certificate host."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.support.authorities import HOST, client_cert
from tests.support.html_page import Page
from tests.support.pki import Issued
from tests.support.plain_browser import PlainBrowser
from tests.support.provider import Provider
from tests.support.signed_answers import web_eid


@dataclass
class Card:
    """A certificate and its key, at a browser."""

    provider: Provider
    browser: PlainBrowser
    issued: Issued

    def goes_to_host(self) -> str:
        """From a page that asks for a certificate to the certificate host, whose address is given back."""
        address = self.browser.click("certificate").url
        assert address.startswith(f"{HOST}/")
        return address

    def is_shown(self, address: str) -> httpx.Response:
        """What the host answers when this certificate is shown there."""
        return self.provider.get(address.removeprefix(HOST), headers=client_cert(self.issued.der))

    def ticket(self) -> str:
        """The whole way to the host: the address on the main host that it sends the browser to."""
        return self.is_shown(self.goes_to_host()).headers["location"]

    def by_tls(self) -> Page:
        """To the host and back."""
        return self.browser.open(self.ticket())

    @property
    def nonce(self) -> str:
        return dict(self.browser.page.form("challenge-form").filled({}, None))["nonce"]

    def signed(self, nonce: str | None = None) -> str:
        """What a signing program answers to the present page."""
        parts = urlsplit(self.provider.issuer)
        return web_eid(self.issued, nonce=nonce or self.nonce, origin=f"{parts.scheme}://{parts.netloc}")

    def by_signing(self, **more: str) -> Page:
        """Sign what the present page asks for, and send it."""
        return self.browser.submit("challenge-form", {"token": self.signed(), **more})


WAYS = ("by_tls", "by_signing")
"""Of showing it, by the names above."""


def show(card: Card, way: str) -> Page:
    page = card.by_tls() if way == "by_tls" else card.by_signing()
    assert isinstance(page, Page)
    return page


def confirm(page: Page, browser: PlainBrowser) -> Page:
    """Say yes where a page asks whether the certificate is to be linked; a page that refuses it stays as it is."""
    return browser.submit("confirm-certificate-form") if page.has("confirm-certificate-form") else page


def adds(card: Card, way: str = "by_signing") -> Page:
    """Show it, and say yes."""
    return confirm(show(card, way), card.browser)
