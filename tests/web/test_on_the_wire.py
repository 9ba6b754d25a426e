"""Bytes that no well-behaved client sends, to the real server."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.web.sample import Sample
from tests.web.serving import serving

FORM = b"Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def port(sample: Sample) -> Iterator[int]:
    with serving(sample.application("http://localhost")) as address:
        yield urlsplit(address).port or 0


def exchange(port: int, *parts: bytes) -> bytes:
    """All bytes that come back until the server closes, or says nothing for a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        for part in parts:
            connection.sendall(part)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            received += b"(still open)"
        except ConnectionResetError:
            received += b"(reset)"
        return received


@pytest.mark.parametrize(
    "target",
    [
        b"/sample?\xff\xfe",
        b"/\xc4\x91",
        b"/%ff%fe",
        b"/%00",
        b"/query?a=\xe1\xbb\x87",
        b"//evil.test/x",
        b"http://evil.test/sample",
        b"/sample?" + b"a" * 60_000,
        b"/sample;x=1",
        b"*",
    ],
)
def test_a_strange_target_is_answered_and_no_bug(port: int, target: bytes) -> None:
    answer = exchange(port, b"GET " + target + b" HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 4"))
    assert b"evil.test" not in answer.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: \xff\xfe=\xff; __Host-lang=\xff",
        b"Accept-Language: \xff",
        b"Accept: \xff",
        b"Sec-Fetch-Site: \xff",
        b"X-Forwarded-For: \xff",
        b"Host: \xff",
        b"Cookie: " + b"a=b; " * 5000,
    ],
)
def test_a_strange_header_is_no_bug(port: int, header: bytes) -> None:
    answer = exchange(port, b"GET /sample HTTP/1.1\r\n" + header + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 4"))


def test_a_chunked_body_that_grows_too_long_ends_the_connection(port: int) -> None:
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    head = b"POST /form HTTP/1.1\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = exchange(port, head, *[chunk] * 66)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()
    assert not answer.endswith(b"(still open)")


def test_a_body_announced_as_too_long_ends_the_connection_at_once(port: int) -> None:
    answer = exchange(port, b"POST /form HTTP/1.1\r\n" + FORM + b"Content-Length: 70000\r\n\r\na=1")
    assert answer.startswith(b"HTTP/1.1 413")
    assert not answer.endswith(b"(still open)")


@pytest.mark.parametrize("target", [b"/sample", b"/sample?" + b"&" * 60_000, b"/" + b"x" * 66_000])
def test_a_head_that_is_too_long_ends_the_connection(port: int, target: bytes) -> None:
    cookies = b"Cookie: " + b"a=b; " * 13_200
    answer = exchange(port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n" + cookies + b"\r\n\r\n")
    # The last is too long an address for the server itself.
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    assert not answer.endswith(b"(still open)")


def test_two_lengths_or_a_length_and_chunks_are_no_two_requests(port: int) -> None:
    for lengths in (
        b"Content-Length: 3\r\nContent-Length: 5\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    ):
        smuggled = b"0\r\n\r\nGET /query?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = exchange(port, b"POST /form HTTP/1.1\r\n" + FORM + lengths + b"\r\n" + smuggled)
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.count(b"HTTP/1.1") == 1


def test_head_leaves_the_connection_in_step(port: int) -> None:
    head = b"HEAD /sample HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = exchange(port, head + head + b"GET /both HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.endswith(b"\r\n\r\nasked")


def test_an_answer_cut_short_is_seen_to_be(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    answer = exchange(port, b"GET /late-bug HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert "a-secret" not in "".join(capfd.readouterr())
