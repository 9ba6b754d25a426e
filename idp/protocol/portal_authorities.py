"""Who may issue the certificates of portals (RFC 8705 §2.1): the authorities of IDP_MTLS_AUTHORITIES, and nobody else.

They have nothing to do with those of citizens (idp.pki): a ministry has an authority of its own for its servers. Each
certificate of the file may issue, be it a root or one below it. Proxies let any certificate through, so that everything
is asked here: who signed it, until when it is good, what it is for. Nobody is asked whether it was revoked: a portal
whose key is lost is given another name or another method.

A chain of two takes a tenth of a millisecond, so that it is walked where it is needed, and not again for a minute.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from idp.keys.claims import SKEW
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable
from idp.portals.profiles import BY_CERTIFICATE, SELF_SIGNED
from idp.protocol.remembered import Remembered
from idp.settings import Settings, SettingsRefused, variable

log = structlog.get_logger()

KEPT: Final = timedelta(seconds=60)
"""How long it is remembered that a chain holds, or does not."""

LOOKED_AGAIN_AFTER: Final = timedelta(seconds=5)
"""Before the file is looked at again."""

MOST_AUTHORITIES: Final = 200
_MOST_BYTES: Final = 1 << 20
_LONGEST_CHAIN: Final = 4  # authorities between a portal and one that is trusted, which there rarely is one of
_FILE: Final = variable("mtls_authorities")


def portal_authorities(settings: Settings) -> "PortalAuthorities | None":
    """Those of the settings, or None without any; raises `SettingsRefused`."""
    return None if settings.mtls_authorities == Path() else PortalAuthorities(settings.mtls_authorities)


def methods_by_certificate(settings: Settings) -> tuple[str, ...]:
    """The methods of RFC 8705 by which a portal may get in with these settings."""
    if not settings.mtls_url:
        return ()
    return (SELF_SIGNED,) if settings.mtls_authorities == Path() else BY_CERTIFICATE


class CertificateRefused(Exception):
    """A certificate proves nothing; `reason` is for the audit alone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_authorities(file: Path, *, called: str = _FILE) -> tuple[Certificate, ...]:
    """Those of a PEM file; raises `SettingsRefused` with every fault, in sentences that begin with `called`."""
    try:
        with file.open("rb") as opened:
            pem = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsRefused([f"{called} cannot be read: {error.strerror}"]) from None
    if len(pem) > _MOST_BYTES:
        raise SettingsRefused([f"{called} is larger than a mebibyte"])
    try:
        found = [Certificate.read(each.public_bytes(Encoding.DER)) for each in x509.load_pem_x509_certificates(pem)]
    except (ValueError, CertificateUnreadable):
        raise SettingsRefused([f"{called} holds no certificates in PEM, or one that cannot be read"]) from None
    faults = [
        f"{called} holds a certificate that is no authority's: {each.parsed.subject.rfc4514_string()}"
        for each in found
        if not _is_authority(each)
    ]
    if len(found) > MOST_AUTHORITIES:
        faults.append(f"{called} holds more than {MOST_AUTHORITIES} certificates")
    if faults:
        raise SettingsRefused(faults)
    return tuple(found)


def check_time(certificate: Certificate, *, now: datetime) -> None:
    """Raise `CertificateRefused` for one whose time is over or yet to come; an authority's clock may be ahead."""
    if now + SKEW < certificate.parsed.not_valid_before_utc:
        raise CertificateRefused("certificate_not_yet_valid")
    if now > certificate.parsed.not_valid_after_utc:
        raise CertificateRefused("certificate_expired")


def check_purpose(certificate: Certificate) -> None:
    """Raise `CertificateRefused` for one that was not issued to a TLS client (RFC 5280 §4.2.1.3, §4.2.1.12)."""
    if _is_authority(certificate):
        raise CertificateRefused("certificate_of_an_authority")
    usage = certificate.extension(x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise CertificateRefused("certificate_key_usage")
    if not _is_for_clients(certificate.extension(x509.ExtendedKeyUsage)):
        raise CertificateRefused("certificate_extended_key_usage")


class PortalAuthorities:
    """Those of one file, which may change while the provider serves."""

    def __init__(self, file: Path) -> None:
        """Raises `SettingsRefused`."""
        self._file = file
        self._version = _version(file)
        self._looked_at: datetime | None = None
        self._take_up(read_authorities(file))

    def current(self, *, now: datetime) -> tuple[Certificate, ...]:
        """Those of the file as it is, or as it was when it could last be read."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOKED_AGAIN_AFTER:
            self._looked_at = now
            if (version := _version(self._file)) != self._version:
                self._version = version
                self._renew()
        return self._authorities

    def check_chain(self, certificate: Certificate, *, now: datetime) -> None:
        """Raise `CertificateRefused` where no authority of the file issued it, directly or by one that it names."""
        self.current(now=now)
        # Apart, and taken together: the file may change while this one is walked.
        good, strange = self._good, self._strange
        if good.has(certificate.fingerprint, now=now):
            return
        if not strange.has(certificate.fingerprint, now=now):
            if not self._is_strange(certificate, now=now):
                good.add(certificate.fingerprint, now=now)
                return
            strange.add(certificate.fingerprint, now=now)
        raise CertificateRefused("certificate_unknown_authority")

    def _is_strange(self, certificate: Certificate, *, now: datetime) -> bool:
        # Its own time was looked at, with the skew; this is about those above it.
        at = max(now, certificate.parsed.not_valid_before_utc)
        policies = PolicyBuilder().store(self._store).time(at.astimezone(UTC).replace(tzinfo=None))
        policies = policies.max_chain_depth(_LONGEST_CHAIN).extension_policies(ca_policy=_ABOVE, ee_policy=_BELOW)
        try:
            policies.build_client_verifier().verify(certificate.parsed, self._between)
        except VerificationError:
            return True
        return False

    def _renew(self) -> None:
        try:
            self._take_up(read_authorities(self._file))
        except SettingsRefused as refused:
            # Half written, perhaps. Those who are served now should not suffer from it.
            log.error("portal_authorities_not_renewed", faults=refused.faults)

    def _take_up(self, authorities: tuple[Certificate, ...]) -> None:
        self._authorities = authorities
        self._between = [each.parsed for each in authorities]
        self._store = Store(self._between)
        self._good, self._strange = Remembered(KEPT), Remembered(KEPT)


def _version(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _is_authority(certificate: Certificate) -> bool:
    constraints = certificate.extension(x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _is_for_clients(purposes: Iterable[x509.ObjectIdentifier] | None) -> bool:
    return purposes is None or ExtendedKeyUsageOID.CLIENT_AUTH in set(purposes)


def _signs_certificates(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an authority that signs no certificates")


def _vouches_for_clients(_: Policy, __: x509.Certificate, purposes: x509.ExtendedKeyUsage | None) -> None:
    if not _is_for_clients(purposes):
        raise ValueError("an authority that vouches for no clients")


# What they have for web servers asks for alternative names and the like, which agencies' own authorities do not write.
# Unknown critical extensions, path lengths and name constraints are refused or held to all the same.
_BELOW: Final = ExtensionPolicy.permit_all()
_ABOVE: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _vouches_for_clients)
)
