"""Which addresses a browser may be sent to. They are compared to the letter, so only one spelling of each is taken."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_LONGEST = 1000
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")  # RFC 3986 §2
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|\Z)", re.IGNORECASE)
_WEB = re.compile(r"https?://(?P<host>\[[0-9a-f:.]+\]|[^/?:@\[\]]+)(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*)?")
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?!/).*")
_LOOPBACK_LITERAL = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?([/?].*)?")

LOOPBACK_LITERALS = frozenset({"127.0.0.1", "[::1]"})
LOOPBACK = LOOPBACK_LITERALS | {"localhost"}
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
"""The same as `urlsplit` calls them."""


def fault_of(
    address: str,
    *,
    loopback_http: frozenset[str] = frozenset(),
    private_schemes: bool = False,
    any_http: bool = False,
) -> str | None:
    """What is wrong with `address`, as the end of a sentence, or None.

    It must be https without user, fragment or wildcard. `loopback_http` are the hosts that http may name;
    `private_schemes` lets an app have an address of its own (`vn.gov.app:/signed-in`, RFC 8252 §7.1). `any_http` lets
    http name every host.
    """
    if fault := _fault_of_text(address):
        return fault
    scheme = address.partition(":")[0]
    if scheme == "https" or (scheme == "http" and any_http):
        return _fault_of_web(address)
    if scheme == "http" and loopback_http:
        if _host(address) not in loopback_http:
            return f"may be http only on {' or '.join(sorted(loopback_http))}"
        return _fault_of_web(address)
    if private_schemes and "." in scheme:
        whole = _PRIVATE.fullmatch(address)
        return None if whole else "must be a domain's name reversed, in lower case, then :/ and a path"
    return "must begin with https://"


def _fault_of_text(address: str) -> str | None:
    if not 0 < len(address) <= _LONGEST:
        return f"must have 1 to {_LONGEST} characters"
    if not _CHARACTERS.fullmatch(address) or _BROKEN_ESCAPE.search(address):
        return "has characters that an address cannot have"
    if "#" in address:
        return "has a fragment"
    if "*" in address:
        return "has a wildcard"
    if _DOT_SEGMENT.search(address.partition("?")[0]):
        return "has a path with . or .. in it"
    return None


def _fault_of_web(address: str) -> str | None:
    if "@" in re.split("[/?]", address.partition("://")[2], maxsplit=1)[0]:
        return "has a user name before its host"
    parts = _WEB.fullmatch(address)
    if parts is None or int(parts["port"] or 1) > 65535:
        return "must be a scheme, a host, a port where needed, and a path"
    return None if _is_host(parts["host"]) else "has a host that is not a name in lower case or an IP address"


def _host(address: str) -> str | None:
    parts = _WEB.fullmatch(address)
    return parts["host"] if parts else None


def _is_host(host: str) -> bool:
    try:
        if host.startswith("["):
            return str(IPv6Address(host[1:-1])) == host[1:-1]
        if _LIKE_A_NUMBER.fullmatch(host):  # what a browser reads as an IPv4 address, in whatever notation
            return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def loopback_without_port(address: str) -> tuple[str, str] | None:
    """Host and path of an http address on the loopback literals, None for any other (RFC 8252 §7.3).

    An app cannot know which port it will get, so for a native portal the port is not compared.
    """
    parts = _LOOPBACK_LITERAL.fullmatch(address)
    if parts is None or int(parts[2] or 1) > 65535:
        return None
    return parts[1], parts[3] or ""
