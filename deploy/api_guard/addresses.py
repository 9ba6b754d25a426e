"""The address of a request as its proof names it: without query and fragment, in one spelling (RFC 9449 §4.3)."""

import re
from urllib.parse import quote, urlsplit

from .asgi import Scope

LONGEST = 4096
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PORTS = {"https": 443, "http": 80}


class NoAddress(Exception):
    """Not an absolute http or https address."""


def normalised(address: str) -> str:
    """Scheme, host and escapes as RFC 3986 §6.2.2 and §6.2.3 spell them; raises `NoAddress`."""
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        raise NoAddress
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NoAddress from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host or "@" in parts.netloc or "\\" in address:
        raise NoAddress
    host = f"[{host}]" if ":" in host else host
    place = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return f"{scheme}://{place}{_ESCAPE.sub(_unescaped, parts.path) or '/'}"


def _unescaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()


def addresses_of(scope: Scope, urls: tuple[str, ...]) -> frozenset[str]:
    """What the request's own address may be: below one of the API's public addresses, which settings say.

    The Host header does not count: whoever was sent a proof for another host could send it on with that name.
    """
    raw = scope.get("raw_path")
    path = raw.partition(b"?")[0].decode("latin-1") if raw else quote(str(scope["path"]))
    try:
        return frozenset(normalised(url.rstrip("/") + path) for url in urls)
    except NoAddress:
        return frozenset()
