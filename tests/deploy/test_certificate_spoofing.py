"""nginx and HAProxy with the files of `deploy/`: nobody's word for a certificate gets through."""

import pytest

from tests.deploy import http2
from tests.deploy.certificate_hosts import CARD, EXPIRED, SHOW, Host, Hosts, not_harmless
from tests.support import shown_certificates as shown
from tests.support.certificate_proxies import CERTIFICATE, MAIN
from tests.support.pki import Issued
from tests.support.shown_certificates import fingerprint, told
from tests.support.spoofed_headers import (
    NO_REQUEST,
    SPELLINGS_OF_ANOTHER_HEADER,
    SPELLINGS_OF_THE_HEADER,
    UNREADABLE,
    VALUE,
)
from tests.support.tls_clients import ask


@pytest.mark.parametrize("card", [None, CARD], ids=["none", "card"])
@pytest.mark.parametrize(
    "lines",
    [
        *((line,) for line in [*SPELLINGS_OF_THE_HEADER, *SPELLINGS_OF_ANOTHER_HEADER]),
        *(lines for lines, _ in UNREADABLE),
    ],
)
def test_what_a_browser_says_of_itself_does_not_arrive(
    host: Host, lines: tuple[bytes, ...], card: Issued | None
) -> None:
    seen = host.told(*lines, card=card)
    assert (seen.shown, seen.refused) == (None if host.is_main or card is None else fingerprint(card.der), None)
    names = {"client-cert", "client_cert", "client-cert-chain"} & {name for name, _ in seen.headers}
    assert names == ({"client-cert"} if seen.shown else set())


def test_no_odd_line_becomes_the_header_on_its_way(host: Host) -> None:
    assert not_harmless(host.attacked(*(shown.request(line, target=host.target) for line in NO_REQUEST))) == []


@pytest.mark.parametrize(
    "connection",
    [
        b"client-cert",
        b"close, Client-Cert",
        b"keep-alive, CLIENT-CERT, x-forwarded-for",
        b"client-cert\r\nConnection: x-forwarded-for, host",
        b"close\r\nProxy-Connection: client-cert\r\nKeep-Alive: client-cert\r\nTE: client-cert",
    ],
)
def test_a_browser_cannot_have_the_header_dropped_on_the_way(hosts: Hosts, connection: bytes) -> None:
    """RFC 9110 §7.6.1: what `Connection` names is for the next hop only, also when that hop has just written it."""
    for host in (hosts.certificate, hosts.portals):
        sent = b"GET " + host.target + b" HTTP/1.1\r\nHost: x\r\nConnection: " + connection + b"\r\n\r\n"
        (seen,) = host.attacked(sent, card=CARD)
        assert seen.shown == fingerprint(CARD.der)
        assert seen.header("x-forwarded-for") == "127.0.0.1"
        assert seen.header("host") == host.name
        assert "client" not in (seen.header("connection") or "")


def test_where_a_browser_says_it_comes_from_does_not_arrive(host: Host) -> None:
    names = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip", "forwarded"]
    seen = host.told(*(f"{name}: 203.0.113.7".encode() for name in names))
    assert seen.header("x-forwarded-for") == "127.0.0.1"
    assert not set(names[1:]) & {name for name, _ in seen.headers}


@pytest.mark.parametrize("card", [CARD, EXPIRED], ids=["card", "expired"])
def test_no_address_becomes_a_header(hosts: Hosts, card: Issued) -> None:
    query = b"?a=%0d%0aClient-Cert:%20:eA==:%0d%0aX:"
    for target in (SHOW + query, b"/static/x%0d%0aClient-Cert:%20:eA==:%0d%0aX:", b"/static/x%20HTTP/1.1%0a"):
        sent = b"GET " + target + b" HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: close\r\n\r\n"
        for seen in hosts.certificate.attacked(sent, card=card):
            assert (seen.shown, seen.refused) == (fingerprint(card.der), None)


@pytest.mark.parametrize("server_name", [MAIN, CERTIFICATE])
@pytest.mark.parametrize("said", [b"certificate.idp.test", b"idp.test", b"other.test", b""])
@pytest.mark.parametrize("target", [SHOW, b"https://certificate.idp.test" + SHOW, b"http://idp.test" + SHOW])
def test_no_name_leads_from_one_host_to_the_other(hosts: Hosts, server_name: str, said: bytes, target: bytes) -> None:
    sent = b"GET " + target + b" HTTP/1.1\r\nHost: " + said + b"\r\nConnection: close\r\n\r\n"
    for host in (hosts.main, hosts.certificate):
        # Whatever the names say: each port is one host, or refuses.
        for seen in host.attacked(sent, card=CARD, server_name=server_name):
            assert seen.shown == (None if host.is_main else fingerprint(CARD.der))
            assert seen.header("host") == host.name


FORGED = b"GET /forged HTTP/1.1\r\nHost: idp.test\r\nClient-Cert: " + VALUE + b"\r\nX: "
CHUNKED_FORGED = b"0\r\n\r\n" + FORGED


LENGTHS = [
    b"Content-Length: 6\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 6",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity, chunked\r\nContent-Length: 200",
    b"Transfer-Encoding:\x0bchunked\r\nContent-Length: 5",
    b"Transfer_Encoding: chunked\r\nContent-Length: 5",
    b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 300",
    b"Content-Length: 5, 300",
    b"Content-Length: +5",
    b"Content-Length: 0x5",
    b"Content-Length: 5\r\nConnection: content-length",
    b"Transfer-Encoding: chunked\r\nConnection: transfer-encoding",
    b"Expect: 100-continue\r\nContent-Length: 5",
    b"Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    b"Upgrade: websocket\r\nConnection: upgrade",
]
BODIES = [CHUNKED_FORGED, b"5;\n\r\nabcde\r\n" + CHUNKED_FORGED, b"abcde" + FORGED]


def test_no_request_is_smuggled_past_the_proxy(host: Host) -> None:
    start = b" " + host.target + b" HTTP/1.1\r\nHost: " + host.name.encode() + b"\r\n"
    attacks = [
        method + start + lengths + b"\r\n\r\n" + body + b"\r\n\r\n"
        for method in (b"POST", b"GET")
        for lengths in LENGTHS
        for body in BODIES
    ]
    # A second request may be the proxy's own too: then it has gone the way of every other.
    assert not_harmless(host.attacked(*attacks)) == []


HTTP2_FIELDS: list[list[http2.Field]] = [
    [(b"client-cert", VALUE)],
    [(b"client-cert", VALUE), (b"client-cert", VALUE)],
    [(b"Client-Cert", VALUE)],
    [(b"client_cert", VALUE)],
    [(b"client-cert ", VALUE)],
    [(b"client-cert:", VALUE)],
    [(b":client-cert", VALUE)],
    [(b"x", b"y\r\nClient-Cert: " + VALUE)],
    [(b"x", b"y\nClient-Cert: " + VALUE)],
    [(b"x", b"y\rClient-Cert: " + VALUE)],
    [(b"x", b"y\x00\r\nClient-Cert: " + VALUE)],
    [(b"x: y\r\nclient-cert", VALUE)],
    [(b"x\r\nclient-cert: " + VALUE + b"\r\ny", b"z")],
    [(b"connection", b"client-cert")],
    [(b"transfer-encoding", b"chunked")],
    [(b"host", b"certificate.idp.test"), (b"client-cert", VALUE)],
    [(b":authority", b"certificate.idp.test"), (b"client-cert", VALUE)],
    [(b":path", SHOW), (b"client-cert", VALUE)],
    [(b"cookie", b"a=b\r\nClient-Cert: " + VALUE)],
]


@pytest.mark.parametrize("fields", HTTP2_FIELDS)
def test_nothing_of_http2_becomes_the_header(hosts: Hosts, fields: list[http2.Field]) -> None:
    main = hosts.main
    main.seen.clear()
    http2.ask(main.port, main.client(), main.name, http2.request(b"idp.test", b"/x", fields))
    http2.ask(main.port, main.client(), main.name, http2.request(b"certificate.idp.test", SHOW, fields))
    assert not_harmless(main.seen) == []
    assert {told.header("host") for told in main.seen} <= {MAIN}


@pytest.mark.parametrize(
    ("method", "authority", "path"),
    [
        (b"GET", b"idp.test", b"/x HTTP/1.1\r\nClient-Cert: " + VALUE + b"\r\nX: y"),
        (b"GET", b"idp.test", b"https://certificate.idp.test" + SHOW),
        (b"GET", b"idp.test\r\nClient-Cert: " + VALUE, b"/x"),
        (b"GET /x HTTP/1.1\r\nClient-Cert: " + VALUE + b"\r\nX: y", b"idp.test", b"/x"),
        (b"CONNECT", b"certificate.idp.test", b"/x"),
        (b"PRI", b"idp.test", b"*"),
    ],
)
def test_no_pseudo_header_of_http2_becomes_the_header(
    hosts: Hosts, method: bytes, authority: bytes, path: bytes
) -> None:
    main = hosts.main
    main.seen.clear()
    http2.ask(main.port, main.client(), main.name, http2.request(authority, path, [], method=method))
    assert not_harmless(main.seen) == []


@pytest.mark.parametrize(
    "lengths",
    [[], [(b"content-length", b"0")], [(b"content-length", b"5")], [(b"transfer-encoding", b"chunked")]],
)
def test_no_request_is_smuggled_in_a_body_of_http2(hosts: Hosts, lengths: list[http2.Field]) -> None:
    main = hosts.main
    main.seen.clear()
    fields = http2.request(b"idp.test", b"/x", lengths, method=b"POST")
    http2.ask(main.port, main.client(), main.name, fields, body=CHUNKED_FORGED + b"\r\n\r\n")
    assert not_harmless(main.seen) == []
    assert {told.path for told in main.seen} <= {"/x"}


def test_http2_works_on_the_main_host(hosts: Hosts) -> None:
    main = hosts.main
    answer = http2.ask(main.port, main.client(), main.name, http2.request(b"idp.test", b"/x", [(b"x", b"y")]))
    assert told(answer or b"").header("x") == "y"


def test_even_on_one_port_nginx_keeps_the_hosts_apart(one_port: Hosts) -> None:
    main, certificate = one_port.main, one_port.certificate
    assert certificate.told(card=CARD).shown == fingerprint(CARD.der)
    assert main.told(card=CARD).shown is None
    for target in (SHOW, b"https://certificate.idp.test" + SHOW):
        sent = b"GET " + target + b" HTTP/1.1\r\nHost: certificate.idp.test\r\nConnection: close\r\n\r\n"
        assert ask(main.port, main.client(CARD), sent, MAIN).startswith(b"HTTP/1.1 421")
    # The certificate of the handshake is not told on the main host.
    sent = b"GET " + SHOW + b" HTTP/1.1\r\nHost: idp.test\r\nConnection: close\r\n\r\n"
    (seen,) = certificate.attacked(sent, card=CARD)
    assert (seen.shown, seen.header("host")) == (None, MAIN)
    certificate.seen.clear()
    http2.ask(main.port, main.client(CARD), MAIN, http2.request(b"certificate.idp.test", SHOW, []))
    assert certificate.seen == []
