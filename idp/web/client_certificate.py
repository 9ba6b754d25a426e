"""The certificate that a browser has shown in its TLS handshake, as whoever ended that handshake tells it.

That is either this program itself (IDP_CERTIFICATE_PORT for people, IDP_MTLS_PORT for portals), and then no header of
that connection is ever read, or a proxy that names the certificate in the `Client-Cert` header (RFC 9440) and is listed
in IDP_CERTIFICATE_PROXIES. What is given here was proved to be the sender's own, by its key, and nothing else: whether
it is worth anything, `idp.pki` decides of people, and `idp.protocol.certificate_authentication` of portals.

`Client-Cert-Chain` is not read: the chain is built from the trust list.
"""

from base64 import b64decode, b64encode
from typing import Final

from starlette.requests import HTTPConnection

from idp.errors import Refusal
from idp.settings import Settings
from idp.web.client_address import ClientAddress, networks

SHOWN: Final = "client_certificate"
"""Where a listener of ours leaves it in a connection's state: DER, or None. Others leave nothing."""

HEADER: Final = "client-cert"

MOST_BYTES: Final = 16 * 1024
"""Of DER. As base64 that is 22 kB of a head of which 64 KiB may come."""

_MOST_TEXT = 4 * -(-MOST_BYTES // 3)


class ClientCertificateUnreadable(Refusal):
    """A proxy of ours named a browser's certificate in a way that cannot be read, or named two.

    Operator: compare the proxy's configuration with those in `deploy/`. `header_twice` may also be a browser's own
    header that the proxy lets through: it must be taken off. A certificate over 16 kB is `too_long`.
    """

    code = "client_certificate_unreadable"


class ClientCertificates:
    """Reads which certificate the sender of a request has shown."""

    def __init__(self, settings: Settings) -> None:
        self._may_be_shown_to_us = settings.certificate_port != 0 or settings.mtls_port != 0
        self._proxies = networks(settings.certificate_proxies)
        # Trusts nobody: it names the connection's own peer, whatever X-Forwarded-For says.
        self._peers = ClientAddress()

    def of(self, request: HTTPConnection) -> bytes | None:
        """DER, or None when there is none or when whoever names one is no proxy of ours.

        Raises `ClientCertificateUnreadable`: for a header of such a proxy, or for one that is too long.
        """
        der: bytes | None = None
        state = request.scope.get("state", {})
        if self._may_be_shown_to_us and SHOWN in state:
            der = state[SHOWN]
        elif self._is_from_proxy(request):
            der = _named(request.headers.getlist(HEADER))
        if der is not None and len(der) > MOST_BYTES:
            raise ClientCertificateUnreadable("too_long")
        return der

    def _is_from_proxy(self, request: HTTPConnection) -> bool:
        peer = self._peers.of(request)
        return peer is not None and any(peer in network for network in self._proxies)


def _named(values: list[str]) -> bytes | None:
    if len(values) > 1:
        raise ClientCertificateUnreadable("header_twice")
    return _read(values[0]) if values else None


def _read(value: str) -> bytes:
    """A byte sequence (RFC 8941 §3.3.5) in its one canonical spelling.

    RFC 8941 lets a reader be lenient about padding, and any item have parameters. `Client-Cert` has no parameters (RFC
    9440), and no proxy writes odd base64: whoever did is not the one we think it is.
    """
    text = value.strip(" \t")
    if len(text) < 2 or text[0] != ":" or text[-1] != ":":
        raise ClientCertificateUnreadable("no_byte_sequence")
    text = text[1:-1]
    if len(text) > _MOST_TEXT:
        raise ClientCertificateUnreadable("too_long")
    try:
        der = b64decode(text, validate=True)
    except ValueError:
        raise ClientCertificateUnreadable("no_base64") from None
    if b64encode(der).decode() != text:
        raise ClientCertificateUnreadable("no_base64")
    if not der:
        raise ClientCertificateUnreadable("empty")
    return der
