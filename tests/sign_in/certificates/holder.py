"""Somebody with a certificate, at a browser; the test is the proxy that asks for it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.support.authorities import HOST, client_cert
from tests.support.html_page import Page
from tests.support.pki import Issued
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.signed_answers import web_eid
from tests.support.visitor import Visitor


@dataclass
class Holder:
    """A visitor with a certificate and its key."""

    provider: Provider
    visitor: Visitor
    card: Issued

    @property
    def page(self) -> Page:
        return self.visitor.browser.page

    def goes_to_the_host(self, portal: Portal) -> str:
        """From the sign-in page to the certificate host, whose address is given back."""
        self.visitor.browser.location_stops_at(HOST)
        self.visitor.goes_to(portal)
        return self.visitor.browser.click("certificate").url

    def shows(self, address: str, der: bytes | None = None) -> httpx.Response:
        """What the host answers when this certificate is shown there, through the proxy."""
        path = address.removeprefix(HOST)
        return self.provider.get(path, headers=client_cert(self.card.der if der is None else der))

    def signs_in_by_tls(self, portal: Portal) -> Page:
        """The whole way, to the portal or to what is said instead."""
        back = self.shows(self.goes_to_the_host(portal)).headers["location"]
        return self.visitor.browser.open(back)

    def goes_to_the_challenge(self, portal: Portal) -> str:
        """From the sign-in page to the page that asks for a signature; what is to be signed."""
        self.visitor.goes_to(portal)
        self.visitor.browser.click("challenge")
        return self.nonce

    @property
    def nonce(self) -> str:
        return dict(self.page.form("challenge-form").filled({}, None))["nonce"]

    def answers(self, nonce: str | None = None) -> Page:
        """Sign what the page asks for, or something else."""
        return self.gives(web_eid(self.card, nonce=nonce or self.nonce, origin=self.origin))

    def gives(self, token: str) -> Page:
        return self.visitor.browser.submit("challenge-form", {"token": token})

    def signs_in_by_challenge(self, portal: Portal) -> Page:
        self.goes_to_the_challenge(portal)
        return self.answers()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.provider.issuer)
        return f"{parts.scheme}://{parts.netloc}"
