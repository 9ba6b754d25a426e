"""The provider as people reach it in earnest: through a proxy that ends TLS, and in no other way.

page = product.signs_in(portal, card)
portal.tokens(page)
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.authorities import Authorities, authorities
from tests.support.certificate_proxies import Front, Proxy
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.pki import Issued
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.ports import free_ports
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.served import served
from tests.support.signed_answers import web_eid
from tests.support.tls_clients import Server, bring

NAME = "localhost"
"""Of both hosts, at a port each: the one name that every program finds on this machine."""

TAKE = "/sign-in/certificate/take"


@dataclass
class Product:
    """A provider and the proxy in front of it; `log` is the file with all that the proxy says, named as it is."""

    provider: Provider
    front: Front
    trusted: Authorities
    log: Path
    browsers: list[PlainBrowser] = field(default_factory=list, repr=False)

    @property
    def issuer(self) -> str:
        return self.provider.issuer

    @property
    def certificate_host(self) -> str:
        return self.provider.parts.settings.certificate_url

    def browser(self, card: Issued | None = None, *, like: PlainBrowser | None = None) -> PlainBrowser:
        """A fresh one, or the same as another with another token plugged in. It goes to no portal."""
        tls = self.front.server.client()
        if card is not None:
            # A client that brings a weak key must find that good itself.
            tls.set_ciphers("DEFAULT:@SECLEVEL=0")
            bring(tls, card)
        browser = PlainBrowser(verify=tls)
        browser.location_stops_at("https://portal-")
        if like is not None:
            browser.cookies = like.cookies
        self.browsers.append(browser)
        return browser

    def card(self, citizen: Citizen, **said: Any) -> Issued:
        """A certificate with the citizen's number and name."""
        return self.trusted.card(self.provider, citizen, **said)

    def signs_in(self, portal: Portal, card: Issued, way: str = "tls") -> Page:
        """From the portal, with nothing but this certificate, to the portal or to what is said instead."""
        browser = self.browser(card)
        browser.open(portal.ask())
        if way == "tls":
            return browser.click("certificate")
        browser.click("challenge")
        return self.signs(browser, card)

    def signs(self, browser: PlainBrowser, card: Issued) -> Page:
        """Answer the challenge on the present page."""
        nonce = dict(browser.page.form("challenge-form").fields)["nonce"]
        return browser.submit("challenge-form", {"token": web_eid(card, nonce=nonce, origin=self.issuer)})

    def ticket(self, portal: Portal, card: Issued) -> tuple[PlainBrowser, str]:
        """A browser that is about to bring its ticket to the main host, and the address that it would open."""
        browser = self.browser(card)
        browser.open(portal.ask())
        browser.location_stops_at(f"{self.issuer}{TAKE}")
        return browser, browser.click("certificate").url

    def close_browsers(self) -> None:
        """Close those that were handed out."""
        while self.browsers:
            self.browsers.pop().close()


@contextmanager
def whole_product(proxy: Proxy, database_url: str, folder: Path, *, in_earnest: bool = False) -> Iterator[Product]:
    """The product behind that proxy, whose browsers are told the authorities of the trust list.

    The provider is in this process, with a clock by hand, or `in_earnest`: `idp serve`, which logs every request.
    """
    main_port, certificate_port = free_ports(2)
    server = Server.write(folder, NAME)
    with authorities() as trusted:
        settings = trusted.settings | {
            "issuer": f"https://{NAME}:{main_port}",
            "certificate_url": f"https://{NAME}:{certificate_port}",
            "trusted_proxies": ("127.0.0.1",),
        }
        with _provider(database_url, folder, server, settings, in_earnest) as running:
            trusted.introduce(running)
            told = [authority.parsed for authority in running.parts.certificates.authorities]
            front_folder = folder / "front"
            front_folder.mkdir()
            ports = {"main_port": main_port, "certificate_port": certificate_port}
            with proxy(running.parts.settings.port, server, front_folder, told, name=NAME, **ports) as front:
                product = Product(running, front, trusted, next(front_folder.glob("*.log")))
                yield product
                product.close_browsers()


def _provider(
    database_url: str, folder: Path, server: Server, settings: dict[str, Any], in_earnest: bool
) -> AbstractContextManager[Provider]:
    if not in_earnest:
        return running_provider(database_url, folder, tls=server.client(), **settings)
    said: dict[str, Any] = {
        name: value if isinstance(value, str) else " ".join(value) for name, value in settings.items()
    }
    return served(database_url, folder, tls=server.client(), log_level="info", **said)
