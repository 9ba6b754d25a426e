"""Where a certificate says that one can ask about it (RFC 5280 §4.2.1.13, §4.2.2.1)."""

from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from idp.pki.certificate import Certificate


def lists(certificate: Certificate) -> Iterator[str]:
    """Addresses of its authority's revocation list, each of a whole one."""
    for point in certificate.extension(x509.CRLDistributionPoints) or ():
        if point.reasons is None and point.crl_issuer is None:
            yield from _web_addresses(point.full_name or ())


def changes(certificate: Certificate) -> Iterator[str]:
    """Addresses of what has changed since that list."""
    yield from addresses(certificate.extension(x509.FreshestCRL) or ())


def addresses(points: Iterable[x509.DistributionPoint]) -> Iterator[str]:
    """Those of any distribution points."""
    for point in points:
        yield from _web_addresses(point.full_name or ())


def responders(certificate: Certificate) -> Iterator[str]:
    """Addresses that answer questions by OCSP."""
    for access in certificate.extension(x509.AuthorityInformationAccess) or ():
        if access.access_method == AuthorityInformationAccessOID.OCSP:
            yield from _web_addresses([access.access_location])


def _web_addresses(names: Iterable[x509.GeneralName]) -> Iterator[str]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://")):
            yield name.value
