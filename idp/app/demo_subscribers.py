"""Who holds a certificate in the demo, and as what: a citizen, a company's director, an official.

Their keys and certificates lie in `.p12` files, in place of the tokens that people have.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.app.demo_authorities import Authority, Extensions, Terms, pem, usage
from idp.register.personas import persona

PUBLIC: Final = "public-ca"
GOVERNMENT: Final = "government-ca"

_RSA_BITS: Final = 2048
_EXTENSIONS: Final[Extensions] = (
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (usage("digital_signature", "content_commitment"), True),
    # Certificates of today's tokens often have the second alone; with the first they open a TLS connection.
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
)
_COMPANY: Final = "CÔNG TY TNHH MINH CHÂU (THỬ NGHIỆM)"
_TAX_CODE: Final = "0100000000"
"""Its last digit does not check, so no company has it."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A persona with a certificate by the authority of that slug. `subject` is as such authorities write it."""

    persona: str
    authority: str
    subject: tuple[tuple[x509.ObjectIdentifier, str], ...] = field(repr=False)

    def file(self, folder: Path) -> Path:
        """Key, certificate and those above it."""
        return folder / f"{self.persona}.p12"

    def certificate_file(self, folder: Path) -> Path:
        """The certificate alone, PEM: for `idp pki check`."""
        return folder / f"{self.persona}.pem"


def subscribers() -> tuple[Subscriber, ...]:
    """All of them (domain.md §3.2, §3.3)."""
    woman, director, official = (persona(slug).entry for slug in ("ordinary-woman", "company-director", "official"))
    return (
        Subscriber(
            "ordinary-woman",
            PUBLIC,
            (
                (NameOID.STATE_OR_PROVINCE_NAME, "Hà Nội"),
                (NameOID.COMMON_NAME, woman.full_name),
                (NameOID.USER_ID, f"CCCD:{woman.number}"),
            ),
        ),
        Subscriber(
            "company-director",
            PUBLIC,
            (
                (NameOID.STATE_OR_PROVINCE_NAME, "Đồng Nai"),
                (NameOID.ORGANIZATION_NAME, _COMPANY),
                (NameOID.TITLE, "Giám đốc"),
                (NameOID.USER_ID, f"MST:{_TAX_CODE}"),
                (NameOID.USER_ID, f"CCCD:{director.number}"),
                (NameOID.COMMON_NAME, director.full_name.upper()),
            ),
        ),
        # No number: whose it is, only an enrolment can say.
        Subscriber(
            "official",
            GOVERNMENT,
            (
                (NameOID.LOCALITY_NAME, "Hà Nội"),
                (NameOID.ORGANIZATION_NAME, "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI (THỬ NGHIỆM)"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "VĂN PHÒNG"),
                (NameOID.COMMON_NAME, official.full_name),
            ),
        ),
    )


def issue(
    subscriber: Subscriber,
    authority: Authority,
    terms: Terms,
    *,
    beside: Sequence[x509.Certificate],
    password: str,
    folder: Path,
) -> x509.Certificate:
    """Make a key and a certificate, and write both files. `beside` go into the `.p12` as well.

    RSA, as nearly every token in Viet Nam holds. The encryption is what OpenSSL, NSS and Windows (10 and Server 2019 or
    newer) all read: PBES2 with AES, and a MAC of SHA-256. The older 3DES and RC2 are read by ever fewer.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    country = (NameOID.COUNTRY_NAME, "VN")
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in (country, *subscriber.subject)])
    certificate = authority.issue(subject, key.public_key(), terms, _EXTENSIONS)
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(password.encode())
    )
    file = subscriber.file(folder)
    file.touch(mode=0o600)
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(subscriber.persona.encode(), key, certificate, beside, encryption)
    )
    subscriber.certificate_file(folder).write_bytes(pem(certificate))
    return certificate
