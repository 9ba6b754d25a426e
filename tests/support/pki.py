"""A test PKI: authorities that issue whatever a test needs, right or wrong.

root = Authority.root("Gốc thử nghiệm")
ca = root.issue_authority("CA thử nghiệm")
card = ca.issue(person("Nguyễn Văn An", "CCCD:003090000001"))
card.der, card.key
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Extensions = Sequence[tuple[x509.ExtensionType, bool]]
"""Each with whether it is critical."""

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
USAGES = (
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


def name(common_name: str, *uids: str, organisation: str | None = None) -> x509.Name:
    """A subject as Vietnamese authorities write it, with UID attributes such as `CCCD:003090000001`."""
    said = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name)]
    attributes = [x509.NameAttribute(oid, value) for oid, value in said if value is not None]
    return x509.Name([*attributes, *(x509.NameAttribute(NameOID.USER_ID, uid) for uid in uids)])


@cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """An RSA key of that size, made once a run because making one is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Terms:
    """What an authority writes into a certificate, and how it signs it."""

    begins: datetime = NOW - YEAR
    ends: datetime = NOW + YEAR
    hash_algorithm: SHA256 | SHA384 | SHA512 = field(default_factory=SHA256)
    extensions: Extensions = ()


@dataclass(frozen=True)
class Authority(Issued):
    """Somebody who issues certificates."""

    @property
    def common_name(self) -> str:
        """What a cross-certificate must say too."""
        (attribute,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attribute.value)

    @classmethod
    def root(cls, common_name: str, terms: Terms = Terms()) -> Self:
        """One that vouches for itself."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), name(common_name, organisation="Thử nghiệm")
        lasting = replace(terms, extensions=_unless_given(_of_authority(None), terms))
        return cls(_signed(subject, key, subject, key, lasting), key)

    def issue_authority(
        self,
        common_name: str,
        *,
        path_length: int | None = 0,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        terms: Terms = Terms(),
    ) -> "Authority":
        """An authority below this one; with a `key` that another already has, a cross-certificate."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        lasting = replace(terms, extensions=_unless_given(_of_authority(path_length), terms))
        subject = name(common_name, organisation="Thử nghiệm")
        return Authority(_signed(subject, key, self.certificate.subject, self.key, lasting), key)

    def issue(
        self,
        subject: x509.Name,
        *,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        terms: Terms = Terms(),
    ) -> Issued:
        """A certificate of somebody who issues none."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        lasting = replace(terms, extensions=_unless_given(_OF_SOMEBODY, terms))
        return Issued(_signed(subject, key, self.certificate.subject, self.key, lasting), key)

    def crl(
        self,
        *revoked: x509.Certificate,
        number: int = 1,
        base: int | None = None,
        taken_off: Iterable[x509.Certificate] = (),
        this_update: datetime = NOW - timedelta(hours=1),
        next_update: datetime | None = NOW + timedelta(hours=11),
        extensions: Extensions = (),
    ) -> bytes:
        """This authority's revocation list; with a `base` number, what has changed since that one."""
        builder = x509.CertificateRevocationListBuilder(self.certificate.subject, this_update, next_update)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        if base is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        entries = [(each, x509.ReasonFlags.key_compromise) for each in revoked]
        entries += [(each, x509.ReasonFlags.remove_from_crl) for each in taken_off]
        for certificate, reason in entries:
            entry = x509.RevokedCertificateBuilder(certificate.serial_number, this_update - timedelta(days=1))
            builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), False).build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def ocsp(
        self,
        certificate: x509.Certificate,
        *,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        responder: Issued | None = None,
        with_certificate: bool = True,
        by_name: bool = False,
        nonce: bytes | None = None,
        this_update: datetime = NOW - timedelta(hours=1),
        next_update: datetime | None = NOW + timedelta(hours=11),
    ) -> bytes:
        """An answer about a certificate of this authority, by itself or by somebody in its name."""
        signer = responder or self
        revoked_at = this_update - timedelta(days=1) if status is ocsp.OCSPCertStatus.REVOKED else None
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.certificate,
            algorithm=SHA1(),
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
        builder = builder.responder_id(encoding, signer.certificate)
        if responder is not None and with_certificate:
            builder = builder.certificates([responder.certificate])
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)

    def issue_responder(self, *, terms: Terms | None = None) -> Issued:
        """Somebody who may answer in this authority's name, and whom nobody needs to ask about."""
        usual: Extensions = (
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        )
        return self.issue(name("OCSP"), terms=terms or Terms(extensions=usual))


def _of_authority(path_length: int | None) -> Extensions:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return ((constraints, True), (usage(key_cert_sign=True, crl_sign=True), True))


def _unless_given(usual: Extensions, terms: Terms) -> Extensions:
    given = {type(extension) for extension, _ in terms.extensions}
    return (*(pair for pair in usual if type(pair[0]) not in given), *terms.extensions)


def usage(**wanted: bool) -> x509.KeyUsage:
    """The extension, with the usages that are named."""
    return x509.KeyUsage(**{each: wanted.get(each, False) for each in USAGES})


_OF_SOMEBODY: Extensions = (
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (usage(digital_signature=True), True),
)


def _signed(
    subject: x509.Name,
    key: CertificateIssuerPrivateKeyTypes,
    issuer: x509.Name,
    issuer_key: CertificateIssuerPrivateKeyTypes,
    terms: Terms,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(terms.begins).not_valid_after(terms.ends)
    for extension, critical in terms.extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, terms.hash_algorithm)
