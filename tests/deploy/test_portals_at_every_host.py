"""`idp serve` with a host where portals bring certificates: behind nginx, behind HAProxy, and in the program itself.

What a portal may do must not depend on which. Where it is the program itself, Python turns some certificates away in
the handshake that others let through to be refused.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from idp.clock import Clock
from tests.support.authorities import client_cert
from tests.support.certificate_proxies import haproxy, nginx
from tests.support.eventually import eventually
from tests.support.pki import Authority, Issued, Terms, name
from tests.support.portal import Portal
from tests.support.portal_certificates import PortalAuthority, by_name, by_self_signed, self_signed
from tests.support.ports import free_port, free_ports
from tests.support.schema import sqlite_copy
from tests.support.served import Served, served
from tests.support.tls_clients import LASTING, PAST, Server

HOST = "cong.example.vn"
PEOPLE = Authority.root("CA của công dân", LASTING)
ABROAD = "127.0.0.2"
"""Of loopback, too, and nobody whom the provider believes."""


@dataclass
class Place:
    """A provider that is served, and its mutual-TLS host."""

    provider: Served
    mtls_url: str
    server: Server
    kind: str

    def call(
        self, portal: Portal, card: Issued | None, path: str = "/introspect", **headers: str
    ) -> httpx.Response | None:
        """A portal's call with a certificate; None where the handshake ends."""
        sent = {"client_id": portal.client_id, "token": "x"}
        tls = self.server.client(card)
        with httpx.Client(verify=tls, trust_env=False, timeout=30) as http:
            try:
                return http.post(f"{self.mtls_url}{path}", data=sent, headers=headers)
            except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
                return None

    def lets_in(self, portal: Portal, card: Issued | None, **headers: str) -> bool:
        answer = self.call(portal, card, **headers)
        if answer is None:
            assert self.kind == "embedded"
            return False
        if answer.status_code == 200:
            assert answer.json() == {"active": False}
            return True
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        return False


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PortalAuthority:
    return PortalAuthority.write(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=["nginx", "haproxy", "embedded"])
def place(
    request: pytest.FixtureRequest,
    authority: PortalAuthority,
    _sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    server = Server.write(folder, "localhost")
    url = sqlite_copy(_sqlite_template, folder)
    opened = _embedded if request.param == "embedded" else _proxied
    with opened(request.param, url, folder, server, authority) as found:
        yield found


@contextmanager
def _embedded(kind: str, url: str, folder: Path, server: Server, authority: PortalAuthority) -> Iterator[Place]:
    port = free_port()
    settings: dict[str, Any] = {
        "mtls_url": f"https://localhost:{port}",
        "mtls_port": str(port),
        "mtls_tls_chain": str(server.chain),
        "mtls_tls_key": str(server.key),
        "mtls_authorities": str(authority.file),
    }
    with served(url, folder, **settings) as running:
        yield Place(running, settings["mtls_url"], server, kind)


@contextmanager
def _proxied(kind: str, url: str, folder: Path, server: Server, authority: PortalAuthority) -> Iterator[Place]:
    provider, main, portals = free_ports(3)
    settings: dict[str, Any] = {
        "issuer": f"https://localhost:{main}",
        "port": str(provider),
        "mtls_url": f"https://localhost:{portals}",
        "mtls_authorities": str(authority.file),
        "certificate_proxies": "127.0.0.1",
        "trusted_proxies": "127.0.0.1",
    }
    proxy = {"nginx": nginx, "haproxy": haproxy}[kind]
    front = proxy(
        provider, server, folder, [PEOPLE.certificate], main_port=main, portals_port=portals, name="localhost"
    )
    with front, served(url, folder, tls=server.client(), **settings) as running:
        yield Place(running, settings["mtls_url"], server, kind)


@pytest.fixture(scope="module")
def issued(place: Place) -> Portal:
    return place.provider.portal(profile="fapi2", **by_name(HOST))


@pytest.fixture(scope="module")
def own_card() -> Issued:
    return self_signed(HOST)


@pytest.fixture(scope="module")
def own(place: Place, own_card: Issued) -> Portal:
    portal = place.provider.portal(profile="fapi2", **by_self_signed(own_card))
    eventually(lambda: place.lets_in(portal, own_card))
    return portal


def test_a_certificate_of_the_operators_authority_lets_its_portal_in(
    place: Place, authority: PortalAuthority, issued: Portal
) -> None:
    assert place.lets_in(issued, authority.issue(HOST))
    for path in ("/token", "/par", "/introspect", "/revoke"):
        answer = place.call(issued, authority.issue(HOST), path)
        assert answer is not None
        assert answer.status_code != 401, answer.text


def test_a_certificate_that_a_portal_registered_lets_it_in_at_once(place: Place, own: Portal, own_card: Issued) -> None:
    assert place.lets_in(own, own_card)
    new = self_signed(HOST)
    place.provider.register(dict(own.members) | by_self_signed(own_card, new), replace=True)
    eventually(lambda: place.lets_in(own, new))
    place.provider.register(dict(own.members), replace=True)
    eventually(lambda: not place.lets_in(own, new))
    assert place.lets_in(own, own_card)


def test_no_other_certificate_does(
    place: Place, authority: PortalAuthority, issued: Portal, own: Portal, own_card: Issued
) -> None:
    tomorrow = Terms(begins=Clock().now() + timedelta(days=1), ends=LASTING.ends)
    wrong: dict[str, Issued | None] = {
        "none": None,
        "another subject": authority.issue("khac.example.vn"),
        "another portal's": own_card,
        "over": authority.issue(HOST, terms=PAST),
        "yet to come": authority.issue(HOST, terms=tomorrow),
        "of an authority that nobody knows": authority.issue(HOST, by=Authority.root("CA", LASTING)),
        "of the citizens' authority": authority.issue(HOST, by=PEOPLE),
        "a citizen's": PEOPLE.issue(name("Nguyễn Thị An"), terms=LASTING),
        "self-signed": self_signed(HOST),
    }
    for what, card in wrong.items():
        assert not place.lets_in(issued, card), what
        assert card is own_card or not place.lets_in(own, card), what
    assert not place.lets_in(own, authority.issue(HOST))


def test_a_word_about_a_certificate_is_worth_nothing(place: Place, authority: PortalAuthority, issued: Portal) -> None:
    right, wrong = authority.issue(HOST), authority.issue("khac.example.vn")
    told = client_cert(right.der)
    assert not place.lets_in(issued, None, **told)
    assert not place.lets_in(issued, wrong, **told)
    # What lies beside the right one does no harm either.
    assert place.lets_in(issued, right, **client_cert(wrong.der))
    fields = {"client_id": issued.client_id, "token": "x"}
    for card in (None, right):
        with httpx.Client(verify=place.server.client(card), trust_env=False) as http:
            assert http.post(f"{place.provider.issuer}/introspect", data=fields, headers=told).status_code == 401
    # Straight to the provider, from an address of its own.
    straight = f"http://127.0.0.1:{place.provider.parts.settings.port}/introspect"
    with httpx.Client(transport=httpx.HTTPTransport(local_address=ABROAD)) as http:
        assert http.post(straight, data=fields, headers=told).status_code == 401


def test_a_connection_serves_several_calls(place: Place, authority: PortalAuthority, issued: Portal) -> None:
    fields = {"client_id": issued.client_id, "token": "x"}
    with httpx.Client(verify=place.server.client(authority.issue(HOST)), trust_env=False) as http:
        answers = [http.post(f"{place.mtls_url}/introspect", data=fields) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_either_version_of_tls_tells_the_certificate_on_every_connection(
    place: Place, authority: PortalAuthority, issued: Portal, version: ssl.TLSVersion
) -> None:
    tls = place.server.client(authority.issue(HOST), version=version)
    fields = {"client_id": issued.client_id, "token": "x"}
    for _ in range(3):
        with httpx.Client(verify=tls, trust_env=False) as http:
            assert http.post(f"{place.mtls_url}/introspect", data=fields).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/authorize", "/admin", "/jwks", "/sign-in/certificate/show", "/metrics", "/static/style.css", "/token/"],
)
def test_the_host_has_nothing_but_what_portals_call(place: Place, authority: PortalAuthority, path: str) -> None:
    with httpx.Client(verify=place.server.client(authority.issue(HOST)), trust_env=False) as http:
        assert http.get(f"{place.mtls_url}{path}").status_code == 404


def test_discovery_names_it(place: Place, issued: Portal) -> None:
    told: dict[str, Any] = issued.provider
    assert told["mtls_endpoint_aliases"]["token_endpoint"] == f"{place.mtls_url}/token"
    for address in told["mtls_endpoint_aliases"].values():
        with httpx.Client(verify=place.server.client(), trust_env=False) as http:
            assert http.get(address).status_code in (401, 405)
