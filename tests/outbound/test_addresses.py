"""What may be called, by the registries of special addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.outbound.addresses import AllowList, may_be_called

NAT64 = ip_network("64:ff9b::/96")
PUBLIC = ["1.1.1.1", "103.9.200.1", "172.32.0.1", "100.128.0.1", "2001:dc8::1", "2401:d800::1", "64:ff9b::101:101"]
INTERNAL = [
    *("127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
]
NEVER = [
    *(
        "0.0.0.0",
        "169.254.169.254",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
    ),
    *("::", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1", "::7f00:1"),
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fec0::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(address, listed=False)
    assert may_be_called(address, listed=True)


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_must_be_listed(address: str) -> None:
    assert not may_be_called(address, listed=False)
    assert may_be_called(address, listed=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_called(address: str) -> None:
    assert not may_be_called(address, listed=False)
    assert not may_be_called(address, listed=True)


@given(st.ip_addresses())
def test_what_needs_no_listing_is_global_to_python_too(address: IPv4Address | IPv6Address) -> None:
    if may_be_called(str(address), listed=False):
        assert address.is_global or address in NAT64


def test_a_destination_is_listed_exactly() -> None:
    allowed = AllowList(["Register.internal:8443", "127.0.0.1:80", "[::1]:80"])
    assert allowed.lists("register.internal", 8443)
    assert allowed.lists("REGISTER.INTERNAL", 8443)
    assert allowed.lists("127.0.0.1", 80)
    assert allowed.lists("0:0:0:0:0:0:0:1", 80)
    assert not allowed.lists("register.internal", 443)
    assert not allowed.lists("sub.register.internal", 8443)
    assert not allowed.lists("127.0.0.2", 80)


@pytest.mark.parametrize("entry", ["host", "host:", ":80", "host:http", "host:0", "host:65536", "https://host", ""])
def test_an_entry_that_is_no_destination_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        AllowList([entry])
