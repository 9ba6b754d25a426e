"""Certificate revocation lists (RFC 5280 §5): read once, off the event loop, and asked often."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from idp.pki import where_to_ask
from idp.pki.certificate import Certificate
from idp.pki.crl_parts import ListParts
from idp.pki.refusals import CertificateNotChecked
from idp.pki.serials import Serials
from idp.pki.weak_keys import HASHES, SIGNING_KEYS

E = TypeVar("E", bound=x509.ExtensionType)

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far an authority's clock may be ahead of ours."""

_UNDERSTOOD: Final = (
    x509.CRLNumber,
    x509.DeltaCRLIndicator,
    x509.IssuingDistributionPoint,
    x509.AuthorityKeyIdentifier,
)
_CRITICAL: Final = b"\x01\x01\xff"
_TAKEN_OFF: Final = b"\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x08"
"""The reason removeFromCRL as an extension of an entry (RFC 5280 §5.3.1), in DER."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What one list says. `base` is the number of the full list that a delta list adds to; None for a full one.

    `scope` is the extension that says which certificates a list is about; None for all of its issuer. `added` and
    `taken_off` are what has changed since the full list; `changes` are addresses where that is said.
    """

    issuer_key: bytes = field(repr=False)
    number: int
    base: int | None
    this_update: datetime
    next_update: datetime
    scope: x509.IssuingDistributionPoint | None = field(repr=False)
    revoked: Serials = field(repr=False)
    added: Serials = field(repr=False)
    taken_off: Serials = field(repr=False)
    changes: tuple[str, ...] = field(repr=False)

    @classmethod
    def read(cls, der: bytes, issuer: Certificate) -> Self:
        """A list that `issuer` signed. Takes two microseconds an entry: read it on a thread.

        Raises `CertificateNotChecked` for any other, and for kinds that cannot be relied on (indirect lists, lists of
        some reasons, of attribute certificates, with a name relative to their issuer's).
        """
        try:
            parts = ListParts.read(der)
            crl = x509.load_der_x509_crl(parts.head)
            _refuse_strange(crl, parts.signed, issuer)
            delta, number = _extension(crl, x509.DeltaCRLIndicator), _extension(crl, x509.CRLNumber)
            revoked, taken_off = _entries(parts)
            assert crl.next_update_utc is not None
            return cls(
                issuer_key=issuer.key_digest,
                number=number.crl_number if number else 0,
                base=delta.crl_number if delta else None,
                this_update=crl.last_update_utc,
                next_update=crl.next_update_utc,
                scope=_extension(crl, x509.IssuingDistributionPoint),
                revoked=revoked,
                added=Serials(),
                taken_off=taken_off,
                changes=tuple(where_to_ask.addresses(_extension(crl, x509.FreshestCRL) or ())),
            )
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
            raise CertificateNotChecked("crl_not_decodable") from None

    def with_changes(self, delta: Self) -> Self:
        """This full list, brought up to date; raises `CertificateNotChecked` when the delta does not belong to it."""
        if self.base is not None or delta.base is None or delta.issuer_key != self.issuer_key:
            raise CertificateNotChecked("delta_of_another")
        if not delta.base <= self.number <= delta.number or delta.scope != self.scope:
            raise CertificateNotChecked("delta_does_not_follow")
        return replace(
            self,
            number=delta.number,
            this_update=delta.this_update,
            next_update=delta.next_update,
            added=delta.revoked,
            taken_off=delta.taken_off,
        )

    def with_more(self, delta: Self) -> Self:
        """This full list, and whatever a delta says to be revoked that is not of today, or belongs to a newer list.

        Raises `CertificateNotChecked` as `with_changes` does for one of somebody else.
        """
        if self.base is not None or delta.base is None or delta.issuer_key != self.issuer_key:
            raise CertificateNotChecked("delta_of_another")
        return replace(self, added=delta.revoked)

    def is_revoked(self, certificate: Certificate, *, longest_age: timedelta, at: datetime) -> bool:
        """Whether it is on the list. Raises `CertificateNotChecked` where the list says nothing about it, or is old."""
        if self.base is not None:
            # Whoever is not on it may have been revoked before.
            raise CertificateNotChecked("crl_is_a_delta")
        if at + CLOCK_SKEW < self.this_update:
            raise CertificateNotChecked("crl_from_the_future")
        if at > self.next_update:
            raise CertificateNotChecked("crl_stale")
        if at - self.this_update > longest_age:
            raise CertificateNotChecked("crl_too_old")
        if self.scope is not None and not _covers(self.scope, certificate):
            raise CertificateNotChecked("crl_about_others")
        serial = certificate.parsed.serial_number
        return serial in self.added or (serial in self.revoked and serial not in self.taken_off)


def _entries(parts: ListParts) -> tuple[Serials, Serials]:
    """Those that are revoked, and those that are so no more."""
    revoked, taken_off = Serials(), Serials()
    for serial, extensions in parts.each():
        if _CRITICAL in extensions:
            # What we do not know may say that the entry is of another authority (RFC 5280 §5.3).
            raise CertificateNotChecked("crl_unknown_extension")
        (taken_off if _TAKEN_OFF in extensions else revoked).add(serial)
    return revoked, taken_off


def _refuse_strange(crl: x509.CertificateRevocationList, signed: memoryview, issuer: Certificate) -> None:
    key = issuer.parsed.public_key()
    if crl.issuer != issuer.parsed.subject or not _may_sign(issuer):
        raise CertificateNotChecked("crl_of_another")
    if not isinstance(crl.signature_hash_algorithm, HASHES) or not isinstance(key, SIGNING_KEYS):
        raise CertificateNotChecked("crl_weak_signature")
    if not _is_signed(crl, signed, key):
        raise CertificateNotChecked("crl_forged")
    if crl.next_update_utc is None:
        raise CertificateNotChecked("crl_without_end")
    if any(each.critical and not isinstance(each.value, _UNDERSTOOD) for each in crl.extensions):
        raise CertificateNotChecked("crl_unknown_extension")
    scope = _extension(crl, x509.IssuingDistributionPoint)
    # A relative name (RFC 5280 §5.2.5) is of a part of the authority's certificates, and we do not look up which.
    if scope and (
        scope.indirect_crl
        or scope.only_some_reasons
        or scope.only_contains_attribute_certs
        or scope.relative_name is not None
    ):
        raise CertificateNotChecked("crl_of_another_kind")


def _is_signed(
    crl: x509.CertificateRevocationList, signed: memoryview, key: RSAPublicKey | EllipticCurvePublicKey
) -> bool:
    algorithm, parameters = crl.signature_hash_algorithm, crl.signature_algorithm_parameters
    assert algorithm is not None
    # hashlib lets other threads run meanwhile; the key's own hashing of megabytes would not.
    digest = hashlib.new(algorithm.name, signed).digest()
    try:
        if isinstance(key, RSAPublicKey) and isinstance(parameters, PKCS1v15 | PSS):
            key.verify(crl.signature, digest, parameters, Prehashed(algorithm))
        elif isinstance(key, EllipticCurvePublicKey) and isinstance(parameters, ECDSA):
            key.verify(crl.signature, digest, ECDSA(Prehashed(algorithm)))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _may_sign(issuer: Certificate) -> bool:
    usage = issuer.extension(x509.KeyUsage)
    return usage is None or usage.crl_sign


def _covers(scope: x509.IssuingDistributionPoint, certificate: Certificate) -> bool:
    constraints = certificate.extension(x509.BasicConstraints)
    is_authority = constraints is not None and constraints.ca
    if (scope.only_contains_ca_certs and not is_authority) or (scope.only_contains_user_certs and is_authority):
        return False
    # One of several lists of an authority: this must be the one that the certificate names.
    named = {
        name for point in certificate.extension(x509.CRLDistributionPoints) or () for name in point.full_name or ()
    }
    return scope.full_name is None or bool(named & set(scope.full_name))


def _extension(crl: x509.CertificateRevocationList, kind: type[E]) -> E | None:
    try:
        return crl.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
