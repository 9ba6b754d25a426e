"""How this program speaks TLS where it asks for certificates itself."""

import ssl
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from idp.app.tls_host import TlsHost
from idp.pki.certificate import Certificate
from idp.settings import SettingsRefused

# TLS 1.2 with forward secrecy and authenticated encryption (BCP 195); those of 1.3 all have both.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
# X509_V_FLAG_NO_CHECK_TIME, which Python has no name for.
_ANY_TIME: Final = 0x200000


def server_context(host: TlsHost, authorities: Iterable[Certificate]) -> ssl.SSLContext:
    """A context of such a host, which lets in those without a certificate too.

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
    _load_own(context, host)
    # Authorities with one name and several certificates are rolled over one by one: any of them is a good end.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if host.is_told_of_outdated:
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _ANY_TIME)
    if known := {authority.der: None for authority in authorities}:
        _load_known(context, known)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _load_known(context: ssl.SSLContext, known: Collection[bytes]) -> None:
    try:
        context.load_verify_locations(cadata=b"".join(known))
    except ssl.SSLError:
        # One that a portal registered, and that OpenSSL does not like: the others are no worse for it.
        for der in known:
            with suppress(ssl.SSLError):
                context.load_verify_locations(cadata=der)


def _load_own(context: ssl.SSLContext, host: TlsHost) -> None:
    if faults := [*_unreadable(host.chain_name, host.chain), *_unreadable(host.key_name, host.key)]:
        raise SettingsRefused(faults)
    try:
        # Without a password given here, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(host.chain, host.key, password="")
    except ssl.SSLError as error:
        raise SettingsRefused([_explained(error, host)]) from None


def _unreadable(name: str, file: Path) -> list[str]:
    try:
        text = file.read_bytes()
    except OSError as error:
        return [f"{name} cannot be read: {error.strerror}"]
    return [] if b"-----BEGIN " in text else [f"{name} is not PEM"]


def _explained(error: ssl.SSLError, host: TlsHost) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{host.key_name} is the key of another certificate than the first of {host.chain_name}"
    if error.reason and error.reason.endswith("_TOO_SMALL"):
        return f"{host.chain_name} begins with a certificate whose key is too weak"
    return f"{host.chain_name} or {host.key_name} is broken, or the key needs a password"
