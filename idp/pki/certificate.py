"""One certificate, read whole before anything is believed of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.pki.refusals import CertificateUnreadable

E = TypeVar("E", bound=x509.ExtensionType)

LONGEST: Final = 16 * 1024
"""Bytes of DER: ten times an ordinary certificate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that could be read. Nothing in it is proved yet.

    `fingerprint` names it in the audit. The same key keeps its `key_digest` in a renewed certificate; `serial_digest`
    is of issuer and serial number, which name a certificate even where its authority signs it anew.
    """

    der: bytes = field(repr=False)
    parsed: x509.Certificate = field(repr=False)
    fingerprint: str
    key_digest: bytes = field(repr=False)
    serial_digest: bytes = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> Self:
        """Raises `CertificateUnreadable` for whatever is no certificate of X.509 version 3, alone and complete."""
        if len(der) > LONGEST:
            raise CertificateUnreadable("too_long")
        parsed, key, issuer = _decoded(der)
        return cls(
            der=der,
            parsed=parsed,
            fingerprint=hashlib.sha256(der).hexdigest(),
            key_digest=hashlib.sha256(key).digest(),
            serial_digest=serial_digest(issuer, parsed.serial_number),
        )

    def extension(self, kind: type[E]) -> E | None:
        """What the extension of this kind says; None without one."""
        try:
            return self.parsed.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None


def serial_digest(issuer: bytes, serial: int) -> bytes:
    """What names a certificate by its issuer (a name as DER) and its serial number."""
    # The length of the issuer keeps two pairs apart whose bytes together are the same.
    named = len(issuer).to_bytes(4, "big") + issuer + str(serial).encode()
    return hashlib.sha256(named).digest()


def _decoded(der: bytes) -> tuple[x509.Certificate, bytes, bytes]:
    """The certificate, its key and its issuer as DER. The library reads each part when it is asked for: here, all."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        if parsed.version is not x509.Version.v3:
            raise CertificateUnreadable("not_version_3")
        if parsed.serial_number <= 0:
            raise CertificateUnreadable("serial_number")  # RFC 5280 §4.1.2.2; what names a certificate must be one
        key = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        _ = parsed.subject, parsed.extensions, parsed.signature_hash_algorithm
        return parsed, key, parsed.issuer.public_bytes()
    except x509.DuplicateExtension:
        raise CertificateUnreadable("extension_twice") from None
    except UnsupportedAlgorithm:
        raise CertificateUnreadable("unknown_algorithm") from None
    except (ValueError, TypeError, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        raise CertificateUnreadable("not_decodable") from None
