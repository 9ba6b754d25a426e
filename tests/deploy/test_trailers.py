"""nginx and HAProxy with the files of `deploy/`: what a client says after a body is nobody's word, on any host."""

import pytest

from tests.deploy import http2
from tests.deploy.certificate_hosts import CARD, SHOW, Host, Hosts, not_harmless
from tests.support.certificate_proxies import MAIN, haproxy
from tests.support.shown_certificates import fingerprint, header, told
from tests.support.spoofed_headers import SPOOFED_TRAILERS, TRAILERS_OF_NO_REQUEST, VALUE, chunked
from tests.support.tls_clients import ask

ALL = [*SPOOFED_TRAILERS, *TRAILERS_OF_NO_REQUEST]
HEADERS_ON_THE_WAY = {"host", "x-forwarded-for", "transfer-encoding", "trailer", "te", "content-length", "connection"}


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_no_trailer_becomes_a_header(host: Host, method: bytes) -> None:
    attacks = [
        chunked(method, target, host.name.encode(), trailers)
        for target in (host.target, host.target + b"?read")
        for trailers in ALL
    ]
    seen = host.attacked(*map(b"".join, attacks))
    assert not_harmless(seen) == []
    for each in seen:
        assert dict(each.headers).keys() <= HEADERS_ON_THE_WAY
        assert (each.header("host"), each.header("x-forwarded-for")) == (host.name, "127.0.0.1")
    # What is sent and harmless still arrives on the main host.
    assert len(seen) >= (2 * len(SPOOFED_TRAILERS) if host.is_main else 0)


def test_nor_one_that_comes_after_the_head_was_passed_on(host: Host) -> None:
    attacks = [chunked(b"POST", host.target + b"?read", host.name.encode(), trailers) for trailers in ALL]
    seen = host.attacked_in_pieces(*attacks)
    assert not_harmless(seen) == []
    assert {each.header("x-forwarded-for") for each in seen} <= {"127.0.0.1"}
    assert len(seen) >= (len(SPOOFED_TRAILERS) if host.is_main else 0)


@pytest.mark.parametrize(
    "said",
    [
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTrailer: Client-Cert\r\n\r\n0\r\nClient-Cert: " + VALUE + b"\r\n\r\n",
        b"Content-Length: 3\r\n\r\na=b",
        b"Trailer: Client-Cert\r\n\r\n",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS"])
def test_the_certificate_host_takes_nothing_but_questions(hosts: Hosts, method: bytes, said: bytes) -> None:
    host = hosts.certificate
    host.seen.clear()
    sent = method + b" " + SHOW + b" HTTP/1.1\r\nHost: " + host.name.encode() + b"\r\nConnection: close\r\n" + said
    answer = ask(host.port, host.client(CARD), sent, host.name)
    assert answer.startswith(b"HTTP/1.1 400" if method in (b"GET", b"HEAD") else b"HTTP/1.1 405")
    assert host.seen == []
    assert host.told(card=CARD).shown == fingerprint(CARD.der)


TRAILERS = [
    [(b"client-cert", VALUE)],
    [(b"client-cert", header(b"one")), (b"client-cert", header(b"two"))],
    [(b"Client-Cert", VALUE)],
    [(b"client_cert", VALUE)],
    [(b"x-forwarded-for", b"8.8.8.8"), (b"client-cert", VALUE)],
    [(b"cookie", b"a=b"), (b"authorization", b"Basic eDp5")],
    [(b"host", b"certificate.idp.test"), (b"client-cert", VALUE)],
    [(b":path", SHOW), (b"client-cert", VALUE)],
    [(b"content-length", b"5"), (b"client-cert", VALUE)],
    [(b"transfer-encoding", b"chunked"), (b"client-cert", VALUE)],
    [(b"x", b"y\r\nClient-Cert: " + VALUE)],
    [(b"x", b"y\r\n\r\nGET /forged HTTP/1.1\r\nHost: idp.test\r\nClient-Cert: " + VALUE + b"\r\n\r\n")],
    [(b"x\r\nclient-cert: " + VALUE + b"\r\ny", b"z")],
]


@pytest.mark.parametrize("trailers", TRAILERS)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("body", [None, b"", b"a=b"])
def test_no_trailer_of_http2_becomes_a_header(
    hosts: Hosts, body: bytes | None, method: bytes, trailers: list[http2.Field]
) -> None:
    main = hosts.main
    main.seen.clear()
    for path in (b"/x", b"/x?read"):
        fields = http2.request(b"idp.test", path, [(b"trailer", b"client-cert"), (b"te", b"trailers")], method=method)
        http2.ask(main.port, main.client(), MAIN, fields, body, trailers)
    assert not_harmless(main.seen) == []
    for each in main.seen:
        assert dict(each.headers).keys() <= HEADERS_ON_THE_WAY
        assert (each.path, each.header("host"), each.header("x-forwarded-for")) == ("/x", MAIN, "127.0.0.1")


def test_haproxy_passes_trailers_of_http2_on(hosts: Hosts, request: pytest.FixtureRequest) -> None:
    """Otherwise nothing was tried above. nginx takes none."""
    main = hosts.main
    fields = http2.request(b"idp.test", b"/x?read", [], method=b"POST")
    answer = http2.ask(main.port, main.client(), MAIN, fields, b"a=b", [(b"x", b"y")])
    if request.node.callspec.params["hosts"] is haproxy:
        assert answer is not None
        assert told(answer).path == "/x"
    else:
        assert answer is None
