"""Whether a signature was made with a key: RSA and ECDSA with SHA-2, each algorithm only with the keys it is for.

What is signed, and whose key it is, the caller knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from idp.pki.weak_keys import CURVES, MOST_RSA_BITS

_HASHES: Final[Mapping[str, type[SHA256 | SHA384 | SHA512]]] = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}


class SignatureWrong(Exception):
    """A signature that proves nothing; `reason` says why, for the audit. Whoever asked makes a refusal of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Family(StrEnum):
    """What is done with the key."""

    PKCS1 = "pkcs1"
    PSS = "pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How something is signed: the family, and the digest (`sha256`, `sha384` or `sha512`).

    ECDSA with a `curve` is for that one only, its signature r and s in a row (RFC 7518 §3.4). Without one it is for
    each of the three, its signature in DER (RFC 5753 §2.1.1).

    PSS has a salt of `salt_length` bytes and no other; None: as long as the digest (RFC 7518 §3.5).
    """

    family: Family
    digest: str
    curve: type[EllipticCurve] | None = None
    salt_length: int | None = None


NAMED: Final[Mapping[str, Algorithm]] = MappingProxyType(
    {
        "ES256": Algorithm(Family.ECDSA, "sha256", SECP256R1),
        "ES384": Algorithm(Family.ECDSA, "sha384", SECP384R1),
        "ES512": Algorithm(Family.ECDSA, "sha512", SECP521R1),
        "PS256": Algorithm(Family.PSS, "sha256"),
        "PS384": Algorithm(Family.PSS, "sha384"),
        "PS512": Algorithm(Family.PSS, "sha512"),
        "RS256": Algorithm(Family.PKCS1, "sha256"),
        "RS384": Algorithm(Family.PKCS1, "sha384"),
        "RS512": Algorithm(Family.PKCS1, "sha512"),
    }
)
"""The names of RFC 7518 §3.1."""

_MOST_EXPONENT_BITS: Final = 64
"""65537 has 17. A long exponent makes no key stronger, and each check of it a hundred times as slow."""


def named(name: str) -> Algorithm:
    """The algorithm of that name; raises `SignatureWrong` for every other, SHA-1 ones and `none` among them."""
    if name not in NAMED:
        raise SignatureWrong("other_algorithm")
    return NAMED[name]


def verify(key: CertificatePublicKeyTypes, algorithm: Algorithm, signature: bytes, message: bytes) -> None:
    """Raises `SignatureWrong` unless this key made this signature of this message, by this algorithm and no other.

    How strong the key is, `weak_keys` judges; only keys too long to be checked quickly are refused here.
    """
    try:
        if algorithm.family is Family.ECDSA:
            _verify_ecdsa(key, algorithm, signature, message)
        else:
            _verify_rsa(key, algorithm, signature, message)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise SignatureWrong("wrong_signature") from None


def _verify_rsa(key: CertificatePublicKeyTypes, algorithm: Algorithm, signature: bytes, message: bytes) -> None:
    if not isinstance(key, RSAPublicKey):
        raise SignatureWrong("key_of_another_kind")
    if key.key_size > MOST_RSA_BITS or key.public_numbers().e.bit_length() > _MOST_EXPONENT_BITS:
        raise SignatureWrong("key_too_long")
    digest = _HASHES[algorithm.digest]()
    if algorithm.family is Family.PSS:
        salt_length = digest.digest_size if algorithm.salt_length is None else algorithm.salt_length
        key.verify(signature, message, PSS(MGF1(digest), salt_length), digest)
    else:
        key.verify(signature, message, PKCS1v15(), digest)


def _verify_ecdsa(key: CertificatePublicKeyTypes, algorithm: Algorithm, signature: bytes, message: bytes) -> None:
    if not isinstance(key, EllipticCurvePublicKey):
        raise SignatureWrong("key_of_another_kind")
    if not isinstance(key.curve, algorithm.curve or CURVES):
        raise SignatureWrong("other_curve")
    if algorithm.curve is not None:
        signature = _in_der(signature, number_size=(key.key_size + 7) // 8)
    key.verify(signature, message, ECDSA(_HASHES[algorithm.digest]()))


def _in_der(signature: bytes, *, number_size: int) -> bytes:
    if len(signature) != 2 * number_size:
        raise SignatureWrong("signature_length")
    r, s = (int.from_bytes(number) for number in (signature[:number_size], signature[number_size:]))
    return encode_dss_signature(r, s)
