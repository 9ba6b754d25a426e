"""Reading certificates: what can be read, what cannot, and ten thousand things that nearly are one."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import LONGEST, Certificate
from idp.pki.refusals import CertificateRefused, CertificateUnreadable
from idp.pki.subject import read_subject
from idp.pki.weak_keys import refuse_weak
from tests.pki.mutations import mutations
from tests.support.pki import Authority, Terms, name

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")


def test_a_renewed_certificate_has_the_same_key_and_another_serial_number(ca: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first, renewed = (Certificate.read(ca.issue(SUBJECT, key=key).der) for _ in range(2))
    assert first.key_digest == renewed.key_digest
    assert first.serial_digest != renewed.serial_digest
    assert first.fingerprint != renewed.fingerprint
    assert first == Certificate.read(first.der)
    assert "003090000001" not in repr(first)


def test_one_serial_number_of_two_authorities_is_two(ca: Authority) -> None:
    issued = ca.issue(SUBJECT)
    other = Authority.root("Gốc khác")
    twin = x509.CertificateBuilder(
        issuer_name=other.certificate.subject,
        subject_name=SUBJECT,
        public_key=issued.certificate.public_key(),
        serial_number=issued.certificate.serial_number,
        not_valid_before=issued.certificate.not_valid_before_utc,
        not_valid_after=issued.certificate.not_valid_after_utc,
    ).sign(other.key, Terms().hash_algorithm)
    first, second = Certificate.read(issued.der), Certificate.read(twin.public_bytes(Encoding.DER))
    assert first.key_digest == second.key_digest
    assert first.serial_digest != second.serial_digest


def test_what_is_not_one_certificate_alone_is_refused(ca: Authority) -> None:
    der = ca.issue(SUBJECT).der
    pem = ca.certificate.public_bytes(Encoding.PEM)
    for nearly in (b"", b"0", der[:-1], der + b"\0", der + der, der[1:], pem, b"x" * 2000):
        with pytest.raises(CertificateUnreadable):
            Certificate.read(nearly)
    with pytest.raises(CertificateUnreadable) as refused:
        Certificate.read(der + b"\0" * LONGEST)
    assert refused.value.reason == "too_long"


def test_a_name_that_is_no_text_is_refused(ca: Authority) -> None:
    der = ca.issue(name("\0An")).der
    bits = der.replace(b"\x0c\x03\0An", b"\x03\x03\0An")
    assert bits != der
    with pytest.raises(CertificateUnreadable) as refused:
        Certificate.read(bits)
    assert refused.value.reason == "not_decodable"


@given(st.binary(max_size=400))
def test_bytes_are_a_certificate_or_refused(data: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        Certificate.read(data)


# The library says of some faults that a later version of it will refuse them; here they are refused or harmless.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_ten_thousand_mutations_are_read_or_refused(ca: Authority) -> None:
    """By byte and by length field; never another exception, which would be a fault page, and never a hang."""
    refused = 0
    for mutated in mutations(ca.issue(SUBJECT).der, 10_000, seed=1):
        try:
            certificate = Certificate.read(mutated)
            refuse_weak(certificate)
            read_subject(certificate.parsed.subject)
        except CertificateRefused as refusal:
            assert refusal.reason
            refused += 1
    assert refused > 5_000
