"""Keys and signatures that are refused whoever vouches for them."""

import math
import random  # noqa: TID251  (the same draws in every run)

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA384, SHA512

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateWeak
from idp.pki.weak_keys import is_roca, refuse_weak
from tests.support.pki import Authority, Terms, name, rsa_key

SHA_256_WITH_RSA = bytes.fromhex("2a864886f70d01010b")
SHA_1_WITH_RSA = bytes.fromhex("2a864886f70d010105")
SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(2048),
        rsa_key(3072),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
    ],
)
def test_the_keys_of_today_pass(ca: Authority, key: CertificateIssuerPrivateKeyTypes) -> None:
    refuse_weak(Certificate.read(ca.issue(SUBJECT, key=key).der))


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (rsa_key(1024), "rsa_size"),
        (rsa.generate_private_key(public_exponent=3, key_size=2048), "rsa_exponent"),
        (ec.generate_private_key(ec.SECP224R1()), "other_curve"),
        (ec.generate_private_key(ec.SECP256K1()), "other_curve"),
        (ed25519.Ed25519PrivateKey.generate(), "other_key"),
        (dsa.generate_private_key(2048), "other_key"),
    ],
)
def test_others_are_refused(ca: Authority, key: CertificateIssuerPrivateKeyTypes, reason: str) -> None:
    with pytest.raises(CertificateWeak) as refused:
        refuse_weak(Certificate.read(ca.issue(SUBJECT, key=key).der))
    assert refused.value.reason == reason


def test_sha_1_is_refused_and_its_successors_are_not(ca: Authority) -> None:
    for algorithm in (SHA384(), SHA512()):
        refuse_weak(Certificate.read(ca.issue(SUBJECT, terms=Terms(hash_algorithm=algorithm)).der))
    der = ca.issue_authority("CA cũ", key=rsa_key(2048)).issue(SUBJECT).der
    # No library signs with SHA-1 any more; the name of the algorithm is all that this looks at.
    with pytest.raises(CertificateWeak) as refused:
        refuse_weak(Certificate.read(der.replace(SHA_256_WITH_RSA, SHA_1_WITH_RSA)))
    assert refused.value.reason == "weak_signature"


def test_moduli_of_the_broken_generator_are_told_from_others() -> None:
    draw = random.Random(2017)
    primorial = math.prod(n for n in range(2, 168) if all(n % d for d in range(2, n)))
    for _ in range(20):
        factors = (draw.getrandbits(500) * primorial + pow(65537, draw.getrandbits(60), primorial) for _ in range(2))
        modulus = math.prod(factors)
        assert is_roca(modulus)
        assert not is_roca(modulus + 2)
    assert not is_roca(rsa_key(2048).public_key().public_numbers().n)
