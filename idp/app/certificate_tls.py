"""How this program speaks TLS where it asks browsers for certificates itself."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from idp.pki.certificate import Certificate
from idp.settings import Settings, SettingsRefused, variable

# TLS 1.2 with forward secrecy and authenticated encryption (BCP 195); those of 1.3 all have both.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_CHAIN, _KEY = variable("certificate_tls_chain"), variable("certificate_tls_key")


def server_context(settings: Settings, authorities: Iterable[Certificate]) -> ssl.SSLContext:
    """A context of the certificate host, which lets in those without a certificate too.

    With one, the handshake holds it to be current and of `authorities` (anchors and those between, in any order), fit
    for clients where it says what it is for, and strong enough for OpenSSL: Python cannot let others through. Without
    any authority, none is asked for. Raises `SettingsRefused` when chain and key are not good enough to start with.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    # A resumed session brings the certificate of before, and nobody has touched the token since.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    _load_own(context, settings)
    # Authorities with one name and several certificates are rolled over one by one: any of them is a good end.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if known := b"".join({authority.der: None for authority in authorities}):
        context.load_verify_locations(cadata=known)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _load_own(context: ssl.SSLContext, settings: Settings) -> None:
    chain, key = settings.certificate_tls_chain, settings.certificate_tls_key
    if faults := [*_unreadable(_CHAIN, chain), *_unreadable(_KEY, key)]:
        raise SettingsRefused(faults)
    try:
        # Without a password given here, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(chain, key, password="")
    except ssl.SSLError as error:
        raise SettingsRefused([_explained(error)]) from None


def _unreadable(name: str, file: Path) -> list[str]:
    try:
        text = file.read_bytes()
    except OSError as error:
        return [f"{name} cannot be read: {error.strerror}"]
    return [] if b"-----BEGIN " in text else [f"{name} is not PEM"]


def _explained(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{_KEY} is the key of another certificate than the first of {_CHAIN}"
    if error.reason and error.reason.endswith("_TOO_SMALL"):
        return f"{_CHAIN} begins with a certificate whose key is too weak"
    return f"{_CHAIN} or {_KEY} is broken, or the key needs a password"
