"""Certificates of one person, one for each kind of key that tokens have."""

from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.pki import Authority, Issued, Terms, name, rsa_key

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
KINDS = ("RSA", "P-256", "P-384", "P-521")
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@cache
def authority() -> Authority:
    return Authority.root("Gốc thử nghiệm").issue_authority("CA thử nghiệm")


def card(kind: str = "P-256", number: int = 0) -> Issued:
    """The certificate with that kind of key; each `number` is another one, with a key of its own."""
    return _made(kind, number)


@cache
def _made(kind: str, number: int) -> Issued:
    key = rsa_key(2048, number) if kind == "RSA" else ec.generate_private_key(_CURVES[kind])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return authority().issue(SUBJECT, key=key, terms=Terms(extensions=((identifier, False),)))


def renewed(old: Issued) -> Issued:
    """Another certificate for the same person and key."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(old.certificate.public_key())
    return authority().issue(SUBJECT, key=old.key, terms=Terms(extensions=((identifier, False),)))
