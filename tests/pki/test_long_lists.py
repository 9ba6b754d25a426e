"""Lists with very many entries, taken apart by hand: they say what the library would say."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from asn1crypto import crl as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import Certificate
from idp.pki.crl import RevocationList
from idp.pki.crl_parts import ListParts
from idp.pki.refusals import CertificateNotChecked
from idp.pki.serials import Serials
from tests.support.pki import NOW, Authority, name, rsa_key

SERIALS = st.integers(min_value=0, max_value=(1 << 160) - 1) | st.integers(min_value=0, max_value=70_000)
WITH_SHA_256, WITH_SHA_384 = bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")
EXTENDED = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")


def in_der(serial: int) -> bytes:
    return serial.to_bytes(serial.bit_length() // 8 + 1, "big")


@given(st.lists(SERIALS, max_size=50), st.lists(SERIALS, max_size=50))
def test_serial_numbers_are_there_or_not(held: list[int], others: list[int]) -> None:
    serials = Serials()
    for serial in held:
        serials.add(in_der(serial))
    assert len(serials) == len(held)
    assert all(serial in serials for serial in held)
    assert [serial in serials for serial in others] == [serial in held for serial in others]


def test_the_end_of_one_serial_number_and_the_beginning_of_the_next_are_none() -> None:
    serials = Serials()
    for serial in (0x01 << 152 | 0x1000, 0x02 << 152 | 0x1000):
        serials.add(in_der(serial))
    plain = (0x01 << 152 | 0x1000).to_bytes(20, "big") + (0x02 << 152 | 0x1000).to_bytes(20, "big")
    for shift in range(1, 20):
        assert int.from_bytes(plain[shift : shift + 20], "big") not in serials
    for longer in (1 << 160, 1 << 200):
        assert longer not in serials
        serials.add(in_der(longer))
        assert longer in serials
    assert -1 not in serials


def long_list(ca: Authority, count: int) -> bytes:
    """So many entries, as authorities write them."""
    builder = x509.CertificateRevocationListBuilder(
        ca.certificate.subject, NOW - timedelta(hours=1), NOW + timedelta(hours=11)
    )
    for serial in range(1, count + 1):
        entry = x509.RevokedCertificateBuilder(serial << 64, NOW - timedelta(days=1))
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), False).build()
        )
    return builder.sign(ca.key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_the_parts_are_those_that_the_library_sees(ca: Authority, count: int) -> None:
    der = long_list(ca, count)
    whole, parts = x509.load_der_x509_crl(der), ListParts.read(der)
    assert bytes(parts.signed) == whole.tbs_certlist_bytes
    assert [int.from_bytes(serial, "big") for serial, _ in parts.each()] == [each.serial_number for each in whole]
    head = x509.load_der_x509_crl(parts.head)
    assert (head.issuer, head.last_update_utc, head.next_update_utc) == (
        whole.issuer,
        whole.last_update_utc,
        whole.next_update_utc,
    )
    assert len(head) == 0
    assert len(RevocationList.read(der, Certificate.read(ca.der)).revoked) == count


@pytest.mark.anyio
async def test_the_loop_goes_on_while_a_long_one_is_read(ca: Authority) -> None:
    der, issuer, turns = long_list(ca, 3000), Certificate.read(ca.der), 0
    reading = asyncio.create_task(asyncio.to_thread(RevocationList.read, der, issuer))
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 1
    assert 3000 << 64 in (await reading).revoked


def test_a_list_signed_by_rsa_in_either_way(ca: Authority) -> None:
    key = rsa_key(2048)
    signer = ca.issue_authority("CA RSA", key=key)
    assert RevocationList.read(signer.crl(), Certificate.read(signer.der)).number == 1
    builder = x509.CertificateRevocationListBuilder(signer.certificate.subject, NOW, NOW + timedelta(hours=1))
    padding = PSS(MGF1(SHA256()), hashlib.sha256().digest_size)
    der = builder.sign(key, SHA256(), rsa_padding=padding).public_bytes(Encoding.DER)
    assert RevocationList.read(der, Certificate.read(signer.der)).number == 0


def test_an_entry_that_says_something_critical_makes_the_list_doubtful(ca: Authority) -> None:
    builder = x509.CertificateRevocationListBuilder(ca.certificate.subject, NOW, NOW + timedelta(hours=1))
    for critical in (False, True):
        entry = x509.RevokedCertificateBuilder(5, NOW).add_extension(EXTENDED, critical).build()
        der = builder.add_revoked_certificate(entry).sign(ca.key, SHA256()).public_bytes(Encoding.DER)
        if not critical:
            assert 5 in RevocationList.read(der, Certificate.read(ca.der)).revoked
            continue
        with pytest.raises(CertificateNotChecked) as refused:
            RevocationList.read(der, Certificate.read(ca.der))
        # It may be of another authority: an indirect list that does not say so.
        assert refused.value.reason == "crl_unknown_extension"


def test_a_list_of_another_key_with_the_same_name_is_forged(ca: Authority) -> None:
    twin = Authority.root("CA thử nghiệm")
    with pytest.raises(CertificateNotChecked) as refused:
        RevocationList.read(twin.crl(), Certificate.read(ca.der))
    assert refused.value.reason == "crl_forged"


def test_two_lists_of_entries_or_two_algorithms_are_none(ca: Authority) -> None:
    issued = ca.issue(name("Nguyễn Văn An"))
    crl = asn1.CertificateList.load(ca.crl(issued.certificate))
    for change in ("twice", "algorithm"):
        signed = bytearray(crl["tbs_cert_list"].dump())
        entries = crl["tbs_cert_list"]["revoked_certificates"].dump()
        if change == "twice":
            at = signed.index(entries)
            signed[at:at] = entries
            signed[:] = _sequence(bytes(signed[_header(signed) :]))
        else:
            signed[:] = bytes(signed).replace(WITH_SHA_256, WITH_SHA_384)
        signature = ca.key.sign(bytes(signed), ec.ECDSA(SHA256()))  # type: ignore[call-arg, arg-type]
        whole = bytes(signed) + crl["signature_algorithm"].dump() + _bits(signature)
        with pytest.raises(CertificateNotChecked) as refused:
            RevocationList.read(_sequence(whole), Certificate.read(ca.der))
        assert refused.value.reason == "crl_not_decodable"


def _header(data: bytearray) -> int:
    return 2 if data[1] < 0x80 else 2 + data[1] - 0x80


def _sequence(content: bytes) -> bytes:
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def _bits(content: bytes) -> bytes:
    return bytes((3, len(content) + 1, 0)) + content
