"""nginx and HAProxy with the files of `deploy/`: the host where portals bring certificates (RFC 8705, RFC 9440)."""

import re
import ssl
from dataclasses import replace

import pytest
from cryptography import x509

from idp.web.client_certificate import MOST_BYTES
from tests.deploy.certificate_hosts import CARD, EXPIRED, ISSUER, ROOT, SHOW, Hosts
from tests.deploy.test_certificate_proxies import CERTIFICATES, TLS12, TLS13, padded
from tests.support import shown_certificates as shown
from tests.support.pki import Issued
from tests.support.portal_certificates import self_signed
from tests.support.shown_certificates import fingerprint, told
from tests.support.spoofed_headers import SPELLINGS_OF_THE_HEADER, VALUE
from tests.support.tls_clients import LASTING, PAST, ask, connect, flight

NO_NAME = replace(LASTING, extensions=((x509.BasicConstraints(ca=False, path_length=None), True),))
KINDS = CERTIFICATES | {
    "a portal's own": self_signed("cong.example.vn"),
    "a portal's own, over": self_signed("cong.example.vn", terms=PAST),
    "a portal's own, for no authority": self_signed("cong.example.vn", terms=NO_NAME),
}
ENDPOINTS = ["/token", "/par", "/introspect", "/revoke", "/userinfo"]


def posted(path: str, *lines: bytes, body: bytes = b"a=b") -> bytes:
    head = [f"POST {path} HTTP/1.1".encode(), b"Host: portals.idp.test", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", b""]) + body


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("kind", KINDS)
def test_every_certificate_comes_through_with_what_is_posted(hosts: Hosts, kind: str, version: ssl.TLSVersion) -> None:
    host, card = hosts.portals, KINDS[kind]
    # The provider answers once it has read the body: nobody lost it on the way.
    answer = told(ask(host.port, host.client(card, version), posted("/token?read"), host.name))
    assert (answer.shown, answer.refused, answer.path) == (fingerprint(card.der), None, "/token")
    assert answer.header("content-length") == "3"


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("card", [None, CARD, EXPIRED], ids=["none", "card", "expired"])
def test_portals_call_these(hosts: Hosts, path: str, card: Issued | None) -> None:
    host = hosts.portals
    answer = told(ask(host.port, host.client(card), posted(path), host.name))
    assert (answer.path, answer.shown) == (path, card and fingerprint(card.der))
    assert answer.header("host") == host.name


@pytest.mark.parametrize("card", [CARD, EXPIRED], ids=["card", "expired"])
@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize(
    "path",
    [
        *(b"/", b"/authorize", b"/jwks", b"/end-session", b"/metrics", b"/admin", b"/admin/api/portals", b"/account"),
        *(SHOW, b"/static/style.css", b"/error", b"/language", b"/token/", b"/token/x", b"/Token", b"/tokens"),
        *(b"/token/../authorize", b"/token/%2e%2e/authorize", b"/token;/authorize", b"/x/../authorize"),
        b"/.well-known/openid-configuration",
    ],
)
def test_it_has_nothing_else(hosts: Hosts, path: bytes, method: bytes, card: Issued) -> None:
    sent = (
        method + b" " + path + b" HTTP/1.1\r\nHost: portals.idp.test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    assert hosts.portals.attacked(sent, card=card) == []


@pytest.mark.parametrize("path", ENDPOINTS)
def test_portals_calls_reach_no_other_host_with_a_certificate(hosts: Hosts, path: str) -> None:
    hosts.main.seen.clear()
    for host in (hosts.main, hosts.certificate):
        for lines in ((), *((line,) for line in SPELLINGS_OF_THE_HEADER)):
            ask(host.port, host.client(CARD), posted(path, *lines), host.name)
    assert all(seen.shown is None and seen.refused is None for seen in hosts.main.seen)
    assert {seen.header("host") for seen in hosts.main.seen} == {hosts.main.name}


@pytest.mark.parametrize("card", [None, CARD, EXPIRED], ids=["none", "card", "expired"])
def test_what_is_posted_beside_a_word_about_oneself_counts_and_the_word_does_not(
    hosts: Hosts, card: Issued | None
) -> None:
    host = hosts.portals
    for line in SPELLINGS_OF_THE_HEADER:
        answer = told(ask(host.port, host.client(card), posted("/token", line), host.name))
        assert (answer.shown, answer.refused) == (card and fingerprint(card.der), None)


@pytest.mark.parametrize("card", [CARD, EXPIRED], ids=["card", "expired"])
@pytest.mark.parametrize(
    "said",
    [
        b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTrailer: Client-Cert\r\n\r\n0\r\nClient-Cert: " + VALUE + b"\r\n\r\n",
        b"Trailer: Client-Cert\r\nContent-Length: 3\r\n\r\na=b",
    ],
)
def test_a_body_must_say_how_long_it_is(hosts: Hosts, card: Issued, said: bytes) -> None:
    host = hosts.portals
    host.seen.clear()
    sent = b"POST /token HTTP/1.1\r\nHost: portals.idp.test\r\nConnection: close\r\n" + said
    assert ask(host.port, host.client(card), sent, host.name).startswith(b"HTTP/1.1 411")
    assert host.seen == []


def test_no_authorities_are_named_so_that_programs_bring_what_they_have(hosts: Hosts) -> None:
    names = [authority.certificate.subject.public_bytes() for authority in (ROOT, ISSUER)]
    said = flight(hosts.portals.port, hosts.portals.name)
    assert not any(name in said for name in names)
    # CertificateRequest (RFC 5246 §7.4.4) ends in the length of the list of authorities: none.
    assert re.search(rb"\x00\x00(\x16\x03\x03..)?\x0e\x00\x00\x00$", said, re.DOTALL)


def test_a_connection_may_be_used_again_and_keeps_its_certificate(hosts: Hosts) -> None:
    host = hosts.portals
    kept = posted("/token").replace(b"Connection: close\r\n", b"")
    with connect(host.port, host.client(CARD), host.name) as connection:
        for _ in range(2):
            connection.sendall(kept)
            answer = b""
            while not answer.endswith(b"]]}"):
                answer += connection.recv(65536)
            assert told(answer).shown == fingerprint(CARD.der)


@pytest.mark.parametrize(("size", "refused"), [(MOST_BYTES, None), (MOST_BYTES + 1, "too_long")])
def test_a_certificate_of_any_size_comes_through(hosts: Hosts, size: int, refused: str | None) -> None:
    card = padded(size)
    seen = hosts.portals.told(card=card)
    assert (seen.shown, seen.refused) == (None if refused else fingerprint(card.der), refused)


def test_no_session_is_resumed_on_any_host(hosts: Hosts) -> None:
    host, session = hosts.portals, None
    client = host.client(CARD, TLS12)
    for _ in range(2):
        with connect(host.port, client, host.name, session=session) as connection:
            connection.sendall(shown.request(target=host.target))
            assert told(shown.read_all(connection)).shown == fingerprint(CARD.der)
            assert not connection.session_reused
            session = connection.session
