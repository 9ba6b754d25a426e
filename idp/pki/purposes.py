"""What certificates on a way were issued for, and whether that is to vouch for a person."""

from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUntrusted
from idp.pki.trust_list import KEY_USAGES, AnchorPolicy

_OF_SERVICES: Final = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
        ExtendedKeyUsageOID.IPSEC_IKE,
        ExtendedKeyUsageOID.KERBEROS_PKINIT_KDC,
    }
)
"""Purposes of machines and programs. Authorities have private ones for people, which no list could name to its end."""


def refuse_other_purposes(certificate: Certificate, above: Iterable[Certificate], policy: AnchorPolicy) -> None:
    """Raise `CertificateUntrusted` where it, or an authority above it, is for something else than the policy asks.

    An authority that names purposes vouches for those alone: one for time stamps vouches for no person.
    """
    if policy.key_usages and not policy.key_usages & _key_usages(certificate):
        raise CertificateUntrusted("key_usage")
    extended = _extended(certificate)
    if policy.extended_key_usages and not policy.extended_key_usages & {each.dotted_string for each in extended}:
        raise CertificateUntrusted("extended_key_usage")
    if any(_is_for_services_only(each) for each in (certificate, *above)):
        raise CertificateUntrusted("extended_key_usage")


def _is_for_services_only(certificate: Certificate) -> bool:
    extended = _extended(certificate)
    return bool(extended) and extended <= _OF_SERVICES


def _extended(certificate: Certificate) -> frozenset[x509.ObjectIdentifier]:
    return frozenset(certificate.extension(x509.ExtendedKeyUsage) or ())


def _key_usages(certificate: Certificate) -> set[str]:
    usage = certificate.extension(x509.KeyUsage)
    return {name for name in KEY_USAGES if getattr(usage, name, False)}
