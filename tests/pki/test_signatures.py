"""Signatures: each algorithm with its own keys, and no other with any."""

from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.signatures import NAMED, Algorithm, Family, SignatureWrong, named, verify
from tests.support.pki import Authority, Issued, name, rsa_key
from tests.support.signed_answers import HASHES, raw_signature, signature

MESSAGE = "Đăng nhập".encode()
KEYS: dict[str, RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
    "RSA": rsa_key(2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
DIGESTS = ("sha256", "sha384", "sha512")


@pytest.fixture(scope="module")
def cards() -> dict[str, Issued]:
    ca = Authority.root("Gốc thử nghiệm")
    return {kind: ca.issue(name("Nguyễn Văn An"), key=key) for kind, key in KEYS.items()}


def reason(key: CertificatePublicKeyTypes, algorithm: Algorithm, made: bytes, message: bytes = MESSAGE) -> str:
    with pytest.raises(SignatureWrong) as refused:
        verify(key, algorithm, made, message)
    return refused.value.reason


@pytest.mark.parametrize("algorithm", NAMED)
def test_every_named_algorithm_takes_what_its_own_key_signed_and_nothing_changed(
    cards: dict[str, Issued], algorithm: str
) -> None:
    card = cards[CURVES.get(algorithm, "RSA")]
    key, made = card.certificate.public_key(), raw_signature(card, algorithm, MESSAGE)
    verify(key, named(algorithm), made, MESSAGE)
    assert reason(key, named(algorithm), made, MESSAGE + b".") == "wrong_signature"
    assert reason(key, named(algorithm), bytes([made[0] ^ 1]) + made[1:]) == "wrong_signature"
    assert reason(key, named(algorithm), bytes(len(made))) == "wrong_signature"
    for nearly in (made[:-1], made + b"\0", b""):
        assert reason(key, named(algorithm), nearly) in {"wrong_signature", "signature_length"}


@pytest.mark.parametrize(("given", "asked"), [pair for pair in product(NAMED, NAMED) if pair[0] != pair[1]])
def test_a_signature_by_one_algorithm_is_none_by_another(cards: dict[str, Issued], given: str, asked: str) -> None:
    card = cards[CURVES.get(given, "RSA")]
    made = raw_signature(card, given, MESSAGE)
    expected = "wrong_signature"
    if given[0] == "E" or asked[0] == "E":
        expected = "other_curve" if given[0] == asked[0] else "key_of_another_kind"
    assert reason(card.certificate.public_key(), named(asked), made) == expected


@pytest.mark.parametrize(("kind", "digest"), [*product(("P-256", "P-384", "P-521"), DIGESTS)])
def test_ecdsa_without_a_curve_is_for_all_three_in_der(cards: dict[str, Issued], kind: str, digest: str) -> None:
    card = cards[kind]
    made = signature(card, MESSAGE, digest=digest)
    verify(card.certificate.public_key(), Algorithm(Family.ECDSA, digest), made, MESSAGE)
    assert reason(card.certificate.public_key(), Algorithm(Family.ECDSA, digest), made + b"\0") == "wrong_signature"


@pytest.mark.parametrize("digest", DIGESTS)
def test_pss_has_a_salt_of_the_length_that_was_said_and_no_other(cards: dict[str, Issued], digest: str) -> None:
    key, usual = cards["RSA"].certificate.public_key(), HASHES[digest]().digest_size
    asked = {None: usual, usual: usual, usual + 1: usual + 1, 100: 100}
    for length in (usual - 1, usual, usual + 1, 100):
        made = signature(cards["RSA"], MESSAGE, digest=digest, pss=True, salt_length=length)
        for said, meant in asked.items():
            algorithm = Algorithm(Family.PSS, digest, salt_length=said)
            if meant == length:
                verify(key, algorithm, made, MESSAGE)
            else:
                assert reason(key, algorithm, made) == "wrong_signature"


def test_other_curves_and_kinds_of_keys_sign_nothing() -> None:
    koblitz = ec.generate_private_key(ec.SECP256K1()).public_key()
    assert reason(koblitz, named("ES256"), bytes(64)) == "other_curve"
    assert reason(koblitz, Algorithm(Family.ECDSA, "sha256"), bytes(64)) == "other_curve"
    others: tuple[CertificatePublicKeyTypes, ...] = (
        ed25519.Ed25519PrivateKey.generate().public_key(),
        dsa.generate_private_key(2048).public_key(),
    )
    for key, algorithm in product(others, NAMED):
        assert reason(key, named(algorithm), bytes(64)) == "key_of_another_kind"


def test_a_key_too_long_to_be_checked_quickly_is_not_checked() -> None:
    modulus = (1 << 8200) + 1
    assert reason(RSAPublicNumbers(65537, modulus).public_key(), named("RS256"), bytes(1026)) == "key_too_long"
    long_exponent = RSAPublicNumbers((1 << 2000) + 1, rsa_key(2048).public_key().public_numbers().n)
    assert reason(long_exponent.public_key(), named("RS256"), bytes(256)) == "key_too_long"


def test_a_salt_of_another_length_is_refused(cards: dict[str, Issued]) -> None:
    card = cards["RSA"]
    made = signature(card, MESSAGE, digest="sha256", pss=True, salt_length=20)
    assert reason(card.certificate.public_key(), named("PS256"), made) == "wrong_signature"


def test_a_key_too_short_for_a_salt_is_no_fault() -> None:
    assert reason(rsa_key(1024).public_key(), named("PS512"), bytes(128)) == "wrong_signature"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1", "SHA1withRSA", "EdDSA", "es256", "ES256 ", "", "ES256K"])
def test_no_other_algorithm_has_a_name(algorithm: str) -> None:
    with pytest.raises(SignatureWrong) as refused:
        named(algorithm)
    assert refused.value.reason == "other_algorithm"


@given(st.binary(max_size=300), st.sampled_from(sorted(NAMED)), st.sampled_from(sorted(KEYS)))
def test_bytes_are_never_a_signature_nor_a_fault(made: bytes, algorithm: str, kind: str) -> None:
    assert reason(KEYS[kind].public_key(), named(algorithm), made)
