"""The demo's certificate authorities: a national root with a public authority below it, and the government's two.

Each writes into what it issues where its lists and answers are: with the demo's own service, `deploy.demo.authority`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Extensions = Iterable[tuple[x509.ExtensionType, bool]]
"""Each with whether it is critical."""

_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_HERE: Final = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))
_HERE_ONLY: Final = (x509.DNSName("localhost"), x509.IPAddress(ip_network("127.0.0.1/32")))


@dataclass(frozen=True, slots=True)
class Terms:
    """From when until when certificates are good, and the address of the service that answers for their authorities."""

    begins: datetime
    ends: datetime
    service: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody who issues certificates. `slug` names its files, and its lists at the service."""

    slug: str
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def root(cls, slug: str, names: x509.Name, terms: Terms, extensions: Extensions = ()) -> "Authority":
        """One that vouches for itself."""
        key = new_key()
        said = (*_of_authority(None), *extensions)
        return cls(slug, _signed(names, key.public_key(), names, key, terms, said), key)

    def issue_authority(self, slug: str, names: x509.Name, terms: Terms) -> "Authority":
        """One below this one, which has no others below it."""
        key = new_key()
        certificate = self.issue(names, key.public_key(), terms, _of_authority(path_length=0))
        return Authority(slug, certificate, key)

    def issue(
        self, subject: x509.Name, key: CertificateIssuerPublicKeyTypes, terms: Terms, extensions: Extensions
    ) -> x509.Certificate:
        """A certificate that says where to ask about it."""
        said = (*extensions, *_where_to_ask(f"{terms.service}/", self.slug))
        return _signed(subject, key, self.certificate.subject, self.key, terms, said)

    def write(self, folder: Path) -> None:
        """Its certificate and key, as the service reads them."""
        (folder / f"{self.slug}.pem").write_bytes(pem(self.certificate))
        write_key(folder / f"{self.slug}.key", self.key)


def names(common_name: str, organisation: str) -> x509.Name:
    """What an authority is called."""
    said = ((NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said])


def server(terms: Terms) -> tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]:
    """An authority for TLS servers, and a server's certificate and key by it.

    A person who tries the demo may tell their browser to trust that authority. So it may vouch for this machine's own
    name only, and its key is forgotten at once: nobody can use it against them.
    """
    called = names("CA máy chủ của bản thử nghiệm", "Định Danh (thử nghiệm)")
    constraints = x509.NameConstraints(permitted_subtrees=_HERE_ONLY, excluded_subtrees=None)
    authority = Authority.root("server-root", called, terms, [(constraints, True)])
    key = new_key()
    said: Extensions = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(_HERE), False),
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = _signed(subject, key.public_key(), called, authority.key, terms, said)
    return authority.certificate, certificate, key


def new_key() -> ec.EllipticCurvePrivateKey:
    """Made in no time, so that the demo starts at once."""
    return ec.generate_private_key(ec.SECP256R1())


def usage(*wanted: str) -> x509.KeyUsage:
    """The extension, with the usages that are named."""
    return x509.KeyUsage(**{each: each in wanted for each in _USAGES})


def pem(certificate: x509.Certificate) -> bytes:
    """As text."""
    return certificate.public_bytes(Encoding.PEM)


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """For its owner alone to read."""
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _of_authority(path_length: int | None) -> Extensions:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return (constraints, True), (usage("key_cert_sign", "crl_sign"), True)


def _where_to_ask(service: str, slug: str) -> Extensions:
    crl = x509.UniformResourceIdentifier(f"{service}crl/{slug}.crl")
    places = {
        AuthorityInformationAccessOID.OCSP: f"{service}ocsp/{slug}",
        AuthorityInformationAccessOID.CA_ISSUERS: f"{service}ca/{slug}.cer",
    }
    access = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in places.items()]
    point = x509.DistributionPoint(full_name=[crl], relative_name=None, reasons=None, crl_issuer=None)
    return (x509.CRLDistributionPoints([point]), False), (x509.AuthorityInformationAccess(access), False)


def _signed(
    subject: x509.Name,
    key: CertificateIssuerPublicKeyTypes,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    terms: Terms,
    extensions: Extensions,
) -> x509.Certificate:
    identifiers: Extensions = (
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    )
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(terms.begins).not_valid_after(terms.ends)
    for extension, critical in (*identifiers, *extensions):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, SHA256())
