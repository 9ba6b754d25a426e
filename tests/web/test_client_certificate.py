"""Only a proxy of ours is believed about which certificate a browser has shown, and only in one spelling."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import LONGEST
from idp.settings import Settings
from idp.web.client_certificate import MOST_BYTES, SHOWN, ClientCertificates, ClientCertificateUnreadable
from tests.support import shown_certificates as shown
from tests.support.shown_certificates import behind, exchange, fingerprint, header, serving, told
from tests.support.spoofed_headers import (
    DER,
    NO_REQUEST,
    SPELLINGS_OF_ANOTHER_HEADER,
    SPELLINGS_OF_THE_HEADER,
    UNREADABLE,
    VALUE,
)
from tests.web.requests import request

PROXY = "10.0.0.7"
BEHIND_PROXY = ClientCertificates(behind(PROXY, "2001:db8::/32"))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A provider whose proxy is at 127.0.0.1, and nowhere else."""
    with serving(shown.application(behind("127.0.0.1"))) as listening:
        yield listening


@pytest.mark.parametrize("line", SPELLINGS_OF_THE_HEADER)
def test_the_header_of_the_proxy_is_read(port: int, line: bytes) -> None:
    seen = told(exchange(port, shown.request(line)))
    assert (seen.shown, seen.refused) == (fingerprint(DER), None)


@pytest.mark.parametrize("line", SPELLINGS_OF_ANOTHER_HEADER)
def test_no_other_header_of_the_proxy_is(port: int, line: bytes) -> None:
    seen = told(exchange(port, shown.request(line)))
    assert (seen.shown, seen.refused) == (None, None)
    beside = told(exchange(port, shown.request(line, b"Client-Cert: " + header(b"the real one"))))
    assert beside.shown == fingerprint(b"the real one")


@pytest.mark.parametrize("line", NO_REQUEST)
def test_what_two_servers_could_read_in_two_ways_is_read_by_neither(port: int, line: bytes) -> None:
    answer = exchange(port, shown.request(line))
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(("lines", "reason"), UNREADABLE)
def test_what_the_proxy_cannot_have_meant_is_refused(port: int, lines: tuple[bytes, ...], reason: str) -> None:
    seen = told(exchange(port, shown.request(*lines)))
    assert (seen.shown, seen.refused) == (None, reason)


@pytest.mark.parametrize(
    "lines",
    [
        *((line,) for line in [*SPELLINGS_OF_THE_HEADER, *SPELLINGS_OF_ANOTHER_HEADER]),
        *(lines for lines, _ in UNREADABLE),
        (b"Client-Cert: " + VALUE, b"X-Forwarded-For: 127.0.0.1", b"Forwarded: for=127.0.0.1", b"X-Real-IP: 127.0.0.1"),
    ],
)
def test_nobody_else_is_believed_or_even_refused(port: int, lines: tuple[bytes, ...]) -> None:
    seen = told(exchange(port, shown.request(*lines), source="127.0.0.2"))
    assert (seen.shown, seen.refused) == (None, None)


def test_a_peer_on_a_socket_for_both_families_is_known_by_its_own_address() -> None:
    with serving(shown.application(behind("127.0.0.1")), "::") as port:
        asked = shown.request(b"Client-Cert: " + VALUE)
        assert told(exchange(port, asked)).shown == fingerprint(DER)
        assert told(exchange(port, asked, source="127.0.0.2")).shown is None


@pytest.mark.parametrize(
    ("peer", "is_believed"),
    [
        (PROXY, True),
        (f"::ffff:{PROXY}", True),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("10.0.0.8", False),
        ("::ffff:10.0.0.8", False),
        ("2001:db9::1", False),
        ("127.0.0.1", False),
        ("::", False),
        ("", False),
        ("localhost", False),
        ("unix:", False),
        (None, False),
    ],
)
def test_who_is_believed(peer: str | None, is_believed: bool) -> None:
    asked = request(headers=[("client-cert", VALUE.decode()), ("x-forwarded-for", PROXY)], peer=peer)
    assert BEHIND_PROXY.of(asked) == (DER if is_believed else None)


@pytest.mark.parametrize("settings", [behind(), shown.own()])
def test_without_a_proxy_no_header_is_read(settings: Settings) -> None:
    for peer in (PROXY, "127.0.0.1", None):
        asked = request(headers=[("client-cert", VALUE.decode()), ("client-cert", "twice")], peer=peer)
        assert ClientCertificates(settings).of(asked) is None


def test_the_embedded_listener_is_believed_and_the_header_beside_it_is_not() -> None:
    own = ClientCertificates(shown.own())
    asked = request(headers=[("client-cert", header(b"another").decode())])
    asked.scope["state"] = {SHOWN: DER}
    assert own.of(asked) == DER
    asked = request(headers=[("client-cert", header(b"another").decode())])
    asked.scope["state"] = {SHOWN: None}
    assert own.of(asked) is None


def test_nor_does_the_embedded_listener_bring_more_than_can_be_checked() -> None:
    asked = request()
    asked.scope["state"] = {SHOWN: b"x" * (MOST_BYTES + 1)}
    with pytest.raises(ClientCertificateUnreadable, match="too_long"):
        ClientCertificates(shown.own()).of(asked)


def test_behind_a_proxy_the_state_counts_for_nothing() -> None:
    asked = request(peer=PROXY)
    asked.scope["state"] = {SHOWN: DER}
    assert BEHIND_PROXY.of(asked) is None


@given(st.binary(min_size=1, max_size=200) | st.binary(min_size=MOST_BYTES - 3, max_size=MOST_BYTES))
def test_any_bytes_come_out_as_they_went_in(der: bytes) -> None:
    assert BEHIND_PROXY.of(request(headers=[("client-cert", header(der).decode())], peer=PROXY)) == der


@given(st.text(st.characters(codec="latin-1")) | st.text(":=+/aZ09 ;,\t").map(lambda text: f":{text}:"))
def test_whatever_comes_is_read_in_one_spelling_or_refused(value: str) -> None:
    try:
        der = BEHIND_PROXY.of(request(headers=[("client-cert", value)], peer=PROXY))
    except ClientCertificateUnreadable:
        return
    assert der is not None
    assert value.strip(" \t") == header(der).decode()


def test_what_comes_through_is_never_too_long_for_those_who_check_it() -> None:
    assert MOST_BYTES == LONGEST


@pytest.mark.parametrize("room", [0, 1])
def test_the_largest_certificate_leaves_room_for_an_ordinary_head(port: int, room: int) -> None:
    """64 KiB of head: 21,861 bytes of them for a certificate of 16 KiB."""
    line = b"Client-Cert: " + header(b"x" * MOST_BYTES)
    known = len(b"/x" + b"hostidp.test" + b"connectionclose" + b"cookie") + len(line) - len(b": ")
    answer = exchange(port, shown.request(line, b"Cookie: " + b"a" * (64 * 1024 - known + room)))
    assert answer.startswith(b"HTTP/1.1 413" if room else b"HTTP/1.1 200")
