"""Only a trusted proxy is believed about where a request comes from."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.client_address import ClientAddress, networks
from tests.web.requests import Headers, request

BEHIND_PROXIES = ClientAddress(networks(["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"]))


def forwarded(*values: str) -> Headers:
    return [("x-forwarded-for", value) for value in values]


@pytest.mark.parametrize(
    ("peer", "headers", "sender"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", forwarded("203.0.113.9"), "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", forwarded("203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", forwarded("1.2.3.4, 203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", forwarded("1.2.3.4", "203.0.113.9, 10.0.0.2"), "203.0.113.9"),
        ("10.0.0.1", forwarded("1.2.3.4, nonsense, 10.0.0.2"), "10.0.0.2"),
        ("10.0.0.1", forwarded("10.0.0.3, 10.0.0.2"), "10.0.0.3"),
        ("10.0.0.1", forwarded(""), "10.0.0.1"),
        ("10.0.0.1", forwarded("203.0.113.9:4711"), "203.0.113.9"),
        ("10.0.0.1", forwarded("[2001:db9::1]:4711"), "2001:db9::1"),
        ("10.0.0.1", forwarded("2001:db9::1"), "2001:db9::1"),
        ("2001:db8::1", forwarded("::ffff:203.0.113.9"), "203.0.113.9"),
        ("::ffff:10.0.0.1", forwarded("203.0.113.9"), "203.0.113.9"),
        ("127.0.0.1", forwarded(", ".join(["1.2.3.4", *["10.0.0.2"] * 20])), "10.0.0.2"),
        ("10.0.0.1", [("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9")], "10.0.0.1"),
    ],
)
def test_the_sender(peer: str, headers: Headers, sender: str) -> None:
    assert BEHIND_PROXIES.of(request(headers=headers, peer=peer)) == ip_address(sender)


def test_without_trust_or_peer_nothing_is_believed() -> None:
    assert ClientAddress().of(request(headers=forwarded("203.0.113.9"))) == ip_address("192.0.2.1")
    assert BEHIND_PROXIES.of(request(headers=forwarded("203.0.113.9"), peer=None)) is None
    assert BEHIND_PROXIES.of(request(headers=forwarded("203.0.113.9"), peer="unknown")) is None


@given(st.text(st.characters(codec="latin-1"), max_size=200))
def test_no_header_breaks_it(value: str) -> None:
    assert BEHIND_PROXIES.of(request(headers=forwarded(value, "fe80::1%eth0"), peer="10.0.0.1")) is not None


def test_a_setting_that_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        networks(["10.0.0.1/8"])
