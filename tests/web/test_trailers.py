"""What comes after a chunked body is never taken for what came in the head (RFC 9110 §6.5.1).

Proxies overwrite headers and let trailers through: whatever a client says there would count as the proxy's own word.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import shown_certificates as shown
from tests.support.shown_certificates import behind, exchange, fingerprint, header, read_all, serving, told
from tests.support.spoofed_headers import SPOOFED_TRAILERS, TRAILERS_OF_NO_REQUEST, VALUE, chunked

TARGET = b"/x?read"
BY_PROXY = (b"Client-Cert: " + header(b"the real one"), b"X-Forwarded-For: 203.0.113.66")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A provider whose proxy is at 127.0.0.1."""
    with serving(shown.application(behind("127.0.0.1"))) as listening:
        yield listening


def in_pieces(port: int, pieces: list[bytes]) -> bytes:
    """All that comes back for these bytes, each piece in a packet of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)
        return read_all(connection)


def head_of(pieces: list[bytes]) -> list[tuple[str, str]]:
    fields = [line.split(b": ", 1) for line in pieces[0].split(b"\r\n")[1:-2]]
    return [(name.decode().lower(), value.decode()) for name, value in fields]


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("by_proxy", [(), BY_PROXY], ids=["nothing", "a certificate"])
@pytest.mark.parametrize("trailers", SPOOFED_TRAILERS)
def test_no_trailer_counts_as_a_header(
    port: int, trailers: tuple[bytes, ...], by_proxy: tuple[bytes, ...], method: bytes
) -> None:
    pieces = chunked(method, TARGET, b"idp.test", trailers, *by_proxy)
    seen = told(exchange(port, b"".join(pieces)))
    assert seen.headers == head_of(pieces)
    assert (seen.shown, seen.refused) == (fingerprint(b"the real one") if by_proxy else None, None)


def test_nor_when_it_comes_later_than_the_head(port: int) -> None:
    requests = [
        chunked(method, TARGET, b"idp.test", trailers, *BY_PROXY)
        for method in (b"GET", b"POST")
        for trailers in SPOOFED_TRAILERS
    ]
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda pieces: in_pieces(port, pieces), requests))
    for pieces, answer in zip(requests, answers, strict=True):
        seen = told(answer)
        assert (seen.headers, seen.shown) == (head_of(pieces), fingerprint(b"the real one"))


@pytest.mark.parametrize("trailers", TRAILERS_OF_NO_REQUEST)
def test_what_a_server_may_refuse_there_is_refused_or_dropped(port: int, trailers: tuple[bytes, ...]) -> None:
    for method in (b"GET", b"POST"):
        pieces = chunked(method, TARGET, b"idp.test", trailers)
        answer = exchange(port, b"".join(pieces))
        assert answer.count(b"HTTP/1.1") == 1
        if not answer.startswith(b"HTTP/1.1 400"):
            seen = told(answer)
            assert (seen.headers, seen.shown, seen.refused) == (head_of(pieces), None, None)


@pytest.mark.parametrize("trailers", [(b"Client-Cert: " + VALUE,), (b"Client-Cert:",), (b"Client-Cert:", b"X:"), ()])
def test_no_trailer_is_left_over_for_the_next_request(port: int, trailers: tuple[bytes, ...]) -> None:
    first = chunked(b"POST", TARGET, b"idp.test", trailers)
    first[0] = first[0].replace(b"Connection: close\r\n", b"")
    second = shown.request(b"X: " + VALUE, target=b"/second")
    for answer in (exchange(port, b"".join([*first, second])), in_pieces(port, [*first, second])):
        assert answer.count(b"HTTP/1.1 200") == 2
        seen = told(answer)
        assert (seen.path, seen.shown, seen.refused) == ("/second", None, None)
        assert seen.headers == [("host", "idp.test"), ("connection", "close"), ("x", VALUE.decode())]
