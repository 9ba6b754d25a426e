"""Keys and signatures that prove nothing, whoever vouches for them."""

from itertools import accumulate, repeat, takewhile
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateWeak

LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
"""Longer ones are not stronger, only slow to check for whoever is sent one."""

_LEAST_TOO_LARGE_EXPONENT: Final = 1 << 256  # FIPS 186-5 §A.1.1; a large one only takes long to check with

CURVES: Final = (SECP256R1, SECP384R1, SECP521R1)
HASHES: Final = (SHA256, SHA384, SHA512)
SIGNING_KEYS: Final = (RSAPublicKey, EllipticCurvePublicKey)
"""What a signature may be made with."""

_PRIMES: Final = tuple(n for n in range(11, 168) if all(n % d for d in range(2, 13) if d < n))


def _powers(prime: int) -> frozenset[int]:
    """What 65537 gives, multiplied by itself again and again."""
    powers = accumulate(repeat(65537 % prime), lambda product, factor: product * factor % prime)
    return frozenset({1, *takewhile(lambda power: power != 1, powers)})


_REMAINDERS: Final = {prime: _powers(prime) for prime in _PRIMES if len(_powers(prime)) < prime - 1}


def refuse_weak(certificate: Certificate) -> None:
    """Raise `CertificateWeak` for a key or a signature that is not among those known to hold."""
    if not isinstance(certificate.parsed.signature_hash_algorithm, HASHES):
        raise CertificateWeak("weak_signature")
    refuse_weak_key(certificate)


def refuse_weak_key(certificate: Certificate) -> None:
    """Raise `CertificateWeak` for the key alone: what a self-signed certificate is signed with proves nothing."""
    key = certificate.parsed.public_key()
    if isinstance(key, RSAPublicKey):
        _refuse_weak_rsa(key)
    elif not isinstance(key, EllipticCurvePublicKey):
        raise CertificateWeak("other_key")
    elif not isinstance(key.curve, CURVES):
        raise CertificateWeak("other_curve")


def is_roca(modulus: int) -> bool:
    """Whether an RSA modulus has the form that the broken generator of CVE-2017-15361 gave it.

    Its primes were powers of 65537 modulo many small primes, and so is their product. One in 2^27 others looks alike
    (Nemec et al., "The Return of Coppersmith's Attack", 2017, §3).
    """
    return all(modulus % prime in remainders for prime, remainders in _REMAINDERS.items())


def _refuse_weak_rsa(key: RSAPublicKey) -> None:
    if not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise CertificateWeak("rsa_size")
    numbers = key.public_numbers()
    if not 65537 <= numbers.e < _LEAST_TOO_LARGE_EXPONENT or numbers.e % 2 == 0:
        raise CertificateWeak("rsa_exponent")
    if is_roca(numbers.n):
        raise CertificateWeak("roca_key")
