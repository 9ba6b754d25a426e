"""Whose address a request comes from, as far as anybody we trust says.

`X-Forwarded-For` is a claim of the sender unless a proxy of ours wrote its last part. So it is read from the right, and
only while the one who says it is a trusted proxy (OWASP ASVS 5.0 §4.1.3). The program must run without its server's
own proxy headers (`uvicorn --no-proxy-headers`), which would believe more.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Longer chains are nobody's network.
_MOST_HOPS = 16


def networks(words: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks of a setting; raises ValueError naming the one that is neither."""
    return tuple(ip_network(word) for word in words)


class ClientAddress:
    """Reads the address of a request's sender, believing only `trusted` proxies (setting IDP_TRUSTED_PROXIES)."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def of(self, request: HTTPConnection) -> Address | None:
        """The sender's address; None when the server names no peer (a Unix socket). IPv4 in IPv6 comes out as IPv4."""
        peer = _address(request.client.host) if request.client else None
        if peer is None or not self._trusts(peer):
            return peer
        sender = peer
        for word in reversed(_forwarded(request)):
            named = _address(word)
            if named is None:
                break
            sender = named
            if not self._trusts(sender):
                break
        return sender

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _forwarded(request: HTTPConnection) -> list[str]:
    return ",".join(request.headers.getlist("x-forwarded-for")).split(",")[-_MOST_HOPS:]


def _address(word: str) -> Address | None:
    """An address as proxies write it: bare, `1.2.3.4:567`, `[::1]` or `[::1]:567`."""
    word = word.strip()
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        address = ip_address(word)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        # A zone (fe80::1%eth0) means something on its own machine only.
        return IPv6Address(int(address))
    return address
