"""npm's openid-client and oauth4webapi bring certificates (RFC 8705), by undici through Debian's nginx and HAProxy."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.certificate_proxies import Front, Proxy, haproxy, nginx
from tests.support.clock import RunningClock
from tests.support.npm_portal import NpmPortal, PortalRefused, program_of
from tests.support.pki import Issued
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.portal_certificates import PortalAuthority, by_name, by_self_signed, self_signed
from tests.support.ports import free_ports
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.tls_clients import Server
from tests.support.visitor import Visitor

NAME = "localhost"  # what Node and Python both find on loopback
HOST = "cong.example.vn"
METHODS = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


@dataclass
class Behind:
    """A provider behind a proxy with a host for portals' certificates."""

    provider: Provider
    front: Front
    authority: PortalAuthority
    browsers: list[PlainBrowser] = field(default_factory=list)

    def visitor(self) -> Visitor:
        """A newcomer, at a browser that trusts the proxy and stops at portals."""
        browser = PlainBrowser(verify=self.front.server.client())
        browser.location_stops_at("https://portal-")
        self.browsers.append(browser)
        return Visitor(self.provider.newcomer(), browser, self.provider.clock)

    def card(self, method: str) -> Issued:
        return self_signed(HOST) if method == "self_signed_tls_client_auth" else self.authority.issue(HOST)

    def tls(self, card: Issued | None) -> dict[str, Any]:
        """What a connection of the library trusts and shows."""
        trusted = {"authority": self.front.server.authority.read_text()}
        if card is None:
            return trusted
        key = card.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return trusted | {"certificate": card.certificate.public_bytes(Encoding.PEM).decode(), "key": key}

    def registered(self, method: str, card: Issued, *, by_certificate: bool) -> Portal:
        """A strict portal of that method, whose tokens are bound to its certificate or to the key of proofs."""
        members: dict[str, Any] = {"token_endpoint_auth_method": method}
        if method == "tls_client_auth":
            members = by_name(HOST)
        elif method == "self_signed_tls_client_auth":
            members = by_self_signed(card)
        bound = "tls_client_certificate_bound_access_tokens" if by_certificate else "dpop_bound_access_tokens"
        return self.provider.portal(profile="fapi2", refresh="session", **members, **{bound: True})


@pytest.fixture(scope="module", params=[nginx, haproxy], ids=["nginx", "haproxy"])
def behind(
    request: pytest.FixtureRequest, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    proxy: Proxy = request.param
    folder, authorities = tmp_path_factory.mktemp("provider"), tmp_path_factory.mktemp("authorities")
    server = Server.write(tmp_path_factory.mktemp("server"), NAME)
    authority = PortalAuthority.write(authorities)
    port, main, portals = free_ports(3)
    settings = authority.settings | {
        "issuer": f"https://{NAME}:{main}",
        "mtls_url": f"https://{NAME}:{portals}",
        "trusted_proxies": ("127.0.0.1",),
        "port": port,
    }
    url = sqlite_copy(_sqlite_template, folder)
    with running_provider(url, folder, clock=RunningClock(), tls=server.client(), **settings) as running:
        here = tmp_path_factory.mktemp("front")
        told, ports = [authority.ca.certificate], {"main_port": main, "portals_port": portals}
        with proxy(port, server, here, told, name=NAME, **ports) as front:
            behind = Behind(running, front, authority)
            yield behind
            for browser in behind.browsers:
                browser.close()


def signed_in(behind: Behind, portal: NpmPortal, registered: Portal) -> dict[str, Any]:
    visitor = behind.visitor()
    visitor.browser.open(portal.authorization_url(redirect_uri=registered.callback, by="par"))
    return portal.exchange(visitor.goes_on().url)


@pytest.mark.parametrize("by_certificate", [True, False], ids=["bound by certificate", "bound by DPoP"])
@pytest.mark.parametrize("method", METHODS)
def test_a_whole_visit(behind: Behind, library: str, method: str, by_certificate: bool) -> None:
    card = behind.card(method)
    registered = behind.registered(method, card, by_certificate=by_certificate)
    how: dict[str, Any] = {"tls": behind.tls(card), "dpop": None if by_certificate else "ES256"}
    with program_of(library, registered, **how) as portal:
        tokens = signed_in(behind, portal, registered)
        assert tokens["token_type"] == ("bearer" if by_certificate else "dpop")
        person = portal.userinfo(tokens)
        fresh = portal.refresh(tokens["refresh_token"])
        assert portal.userinfo(fresh | {"claims": tokens["claims"]}) == person
        told = portal.introspect(fresh["access_token"])
        assert told["cnf"].keys() == {"x5t#S256" if by_certificate else "jkt"}
        portal.revoke(fresh["refresh_token"])
        with pytest.raises(PortalRefused):
            portal.refresh(fresh["refresh_token"])


def test_a_token_is_of_no_use_with_another_certificate(behind: Behind, library: str) -> None:
    card = behind.card("private_key_jwt")
    registered = behind.registered("private_key_jwt", card, by_certificate=True)
    with program_of(library, registered, tls=behind.tls(card)) as portal:
        tokens = signed_in(behind, portal, registered)
    for other in (behind.card("private_key_jwt"), None):
        with program_of(library, registered, tls=behind.tls(other)) as thief, pytest.raises(PortalRefused) as refused:
            thief.userinfo(tokens)
        assert (refused.value.status, refused.value.error) == (401, "invalid_token")


def test_another_portals_certificate_proves_nothing(behind: Behind, library: str) -> None:
    registered = behind.registered("tls_client_auth", behind.card("tls_client_auth"), by_certificate=True)
    for other in (behind.authority.issue("khac.example.vn"), self_signed(HOST), None):
        with program_of(library, registered, tls=behind.tls(other)) as thief, pytest.raises(PortalRefused) as refused:
            thief.authorization_url(redirect_uri=registered.callback, by="par")
        assert refused.value.status == 401
