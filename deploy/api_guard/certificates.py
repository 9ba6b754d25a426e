"""The certificate that the caller has shown in its TLS handshake, which proved that it holds its key (RFC 8705 §3).

Either the server that runs this API ended the handshake and says so in ASGI's `tls` extension, or a proxy did and names
the certificate in `Client-Cert` (RFC 9440). That header counts only from the addresses of such proxies: from anybody
else it is what a caller says of itself. Who issued the certificate does not matter: the token names this very one.
"""

import hashlib
import hmac
import ssl
from base64 import b64decode, b64encode
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from .asgi import Scope, values_of
from .compact import encode
from .refusals import token_refused

_LONGEST = 24 << 10


class Certificates:
    """Reads them. `proxies` are addresses or networks whose `Client-Cert` header counts."""

    def __init__(self, proxies: tuple[str, ...]) -> None:
        self._proxies: list[IPv4Network | IPv6Network] = [ip_network(each) for each in proxies]

    def check(self, scope: Scope, thumbprint: str) -> None:
        """Raises `Refused` unless the certificate of that SHA-256 thumbprint was shown on this connection."""
        der = self._shown(scope)
        if der is None:
            raise token_refused("no_certificate")
        if not hmac.compare_digest(encode(hashlib.sha256(der).digest()).encode(), thumbprint.encode()):
            raise token_refused("another_certificate")

    def _shown(self, scope: Scope) -> bytes | None:
        if self._is_from_proxy(scope):
            found = values_of(scope, b"client-cert")
            return _named(found[0].decode("latin-1")) if len(found) == 1 else None
        told = (scope.get("extensions") or {}).get("tls") or {}
        chain = list(told.get("client_cert_chain") or ())
        try:
            return ssl.PEM_cert_to_DER_cert(chain[0]) if chain else None
        except ValueError:
            return None

    def _is_from_proxy(self, scope: Scope) -> bool:
        try:
            peer = ip_address(str((scope.get("client") or ("",))[0]))
        except ValueError:
            return False  # a socket of this machine has no address; such a proxy cannot be named
        return any(peer in network for network in self._proxies)


def _named(value: str) -> bytes | None:
    """A byte sequence (RFC 8941 §3.3.5) in its one canonical spelling."""
    text = value.strip(" \t")
    if not 2 < len(text) <= _LONGEST or text[0] != ":" or text[-1] != ":":
        return None
    try:
        der = b64decode(text[1:-1], validate=True)
    except ValueError:
        return None
    return der if der and b64encode(der).decode() == text[1:-1] else None
