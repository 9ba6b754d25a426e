"""Which addresses may be called (the special-purpose registries of IANA, RFC 6890).

Kept here as lists and not asked of `ipaddress`, whose answers change from one Python release to the next.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


INTERNAL = _networks(
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
    *("::1/128", "fc00::/7"),
)
"""Loopback, private and carrier networks: only where the destination is listed."""

_PUBLIC_IPV6 = ip_network("2000::/3")
_NEVER = _networks(
    # This network, link-local (the metadata services of clouds), documentation, benchmarks, multicast, reserved.
    *("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    # Protocol assignments with Teredo, documentation, 6to4: the last two carry an IPv4 address that nobody checked.
    *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
)
_NAT64 = ip_network("64:ff9b::/96")


def may_be_called(text: str, *, listed: bool) -> bool:
    """Whether a connection to this address is allowed; `listed` when an operator named the destination."""
    address = _embedded(ip_address(text))
    if any(address in network for network in INTERNAL):
        return listed
    if any(address in network for network in _NEVER):
        return False
    return address.version == 4 or address in _PUBLIC_IPV6


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


class AllowList:
    """Destinations that may be called although they are internal, or by plain http."""

    def __init__(self, entries: Iterable[str]) -> None:
        """From `host:port` texts, `[address]:port` for IPv6; raises `ValueError` naming one that is neither."""
        self._entries = frozenset(map(_destination, entries))

    def lists(self, host: str, port: int) -> bool:
        """Whether exactly this destination is listed."""
        return (_canonical(host), port) in self._entries


def _destination(entry: str) -> tuple[str, int]:
    host, colon, port = entry.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{entry!r} is not host:port")
    return _canonical(host.strip("[]")), int(port)


def _canonical(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower()
