"""The four signature algorithms (RFC 7518 §3, RFC 8037 §3.1) over `cryptography`, without any JOSE around them."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")

PrivateKey: TypeAlias = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey

Sign: TypeAlias = Callable[[bytes], bytes]
"""From what is signed to the signature."""

Verify: TypeAlias = Callable[[bytes, bytes], None]
"""Takes the signature and what it is over; raises `InvalidSignature`."""

_ALSO_CALLED = {"Ed25519": "EdDSA"}  # RFC 9864 §2.2

_RSA_BITS = 2048
# A larger key only costs us time, and a larger exponent a hundred times as much: whoever makes a key up chooses it.
_LONGEST_RSA_BITS = 8192
_LONGEST_EXPONENT_BITS = 32
_HALF = 32  # bytes of each of the two numbers of a P-256 signature

_SHA256 = SHA256()
_ECDSA = ECDSA(_SHA256)
_PKCS1 = PKCS1v15()
_PSS = PSS(MGF1(_SHA256), _SHA256.digest_size)  # RFC 7518 §3.5: the salt is as long as the hash


class KeyDoesNotFit(ValueError):
    """A key is of another kind than its algorithm wants, or too weak for it."""


def called(name: str) -> str:
    """Our name of an algorithm that others may call by a newer one; any other name as it is."""
    return _ALSO_CALLED.get(name, name)


def generate(algorithm: str) -> PrivateKey:
    """A new private key. RSA takes 50 ms of CPU or more: not on the event loop, not inside a unit."""
    if algorithm == "ES256":
        return generate_private_key(SECP256R1())
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    if algorithm in ("RS256", "PS256"):
        return generate_rsa_key(65537, _RSA_BITS)
    raise KeyDoesNotFit(algorithm)


def signer(algorithm: str, key: PrivateKey) -> Sign:
    """How `key` signs; raises `KeyDoesNotFit`."""
    match algorithm, key:
        case "ES256", EllipticCurvePrivateKey():
            return partial(_sign_es256, key)
        case "RS256", RSAPrivateKey():
            return partial(_sign_rs256, key)
        case "PS256", RSAPrivateKey():
            return partial(_sign_ps256, key)
        case "EdDSA", Ed25519PrivateKey():
            return key.sign
    raise KeyDoesNotFit(algorithm)


def verifier(algorithm: str, key: object) -> Verify:
    """How a signature of the public `key` is verified.

    Raises `KeyDoesNotFit`, also for a key that is too weak (RFC 8725 §3.4).
    """
    match algorithm, key:
        case "ES256", EllipticCurvePublicKey(curve=SECP256R1()):
            return partial(_verify_es256, key)
        case "RS256", RSAPublicKey() if _is_usable(key):
            return partial(_verify_rs256, key)
        case "PS256", RSAPublicKey() if _is_usable(key):
            return partial(_verify_ps256, key)
        case "EdDSA", Ed25519PublicKey():
            return key.verify
    raise KeyDoesNotFit(algorithm)


def _is_usable(key: RSAPublicKey) -> bool:
    if not _RSA_BITS <= key.key_size <= _LONGEST_RSA_BITS:
        return False
    return key.public_numbers().e.bit_length() <= _LONGEST_EXPONENT_BITS


def half_hash(algorithm: str, value: str) -> str:
    """`at_hash` or `c_hash` (OpenID Connect Core §3.1.3.6): the left half of the hash that `algorithm` signs with."""
    whole = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256  # Ed25519 hashes with SHA-512 (RFC 8032 §5.1)
    hashed = whole(value.encode()).digest()
    return urlsafe_b64encode(hashed[: len(hashed) // 2]).rstrip(b"=").decode()


def _sign_es256(key: EllipticCurvePrivateKey, signed: bytes) -> bytes:
    first, second = decode_dss_signature(key.sign(signed, _ECDSA))
    return first.to_bytes(_HALF) + second.to_bytes(_HALF)


def _verify_es256(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> None:
    if len(signature) != 2 * _HALF:
        raise InvalidSignature
    first, second = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    key.verify(encode_dss_signature(first, second), signed, _ECDSA)


def _sign_rs256(key: RSAPrivateKey, signed: bytes) -> bytes:
    return key.sign(signed, _PKCS1, _SHA256)


def _verify_rs256(key: RSAPublicKey, signature: bytes, signed: bytes) -> None:
    key.verify(signature, signed, _PKCS1, _SHA256)


def _sign_ps256(key: RSAPrivateKey, signed: bytes) -> bytes:
    return key.sign(signed, _PSS, _SHA256)


def _verify_ps256(key: RSAPublicKey, signature: bytes, signed: bytes) -> None:
    key.verify(signature, signed, _PSS, _SHA256)
