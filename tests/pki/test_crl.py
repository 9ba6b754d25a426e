"""Revocation lists: what they say, and each reason why one says nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import crl as asn1
from asn1crypto.core import Void
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from idp.pki.certificate import Certificate
from idp.pki.crl import RevocationList
from idp.pki.refusals import CertificateNotChecked
from tests.pki.mutations import mutations
from tests.support.pki import NOW, Authority, Extensions, Issued, Terms, name, usage

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
HOUR = timedelta(hours=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"")
PARTITION = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "Phần 2")])
URL = x509.UniformResourceIdentifier("http://crl.example/1.crl")


@pytest.fixture(scope="module")
def issued(ca: Authority) -> Issued:
    return ca.issue(SUBJECT)


def read(ca: Authority, *revoked: Issued, **told: Any) -> RevocationList:
    """A list of this authority, as we read it."""
    return RevocationList.read(ca.crl(*(each.certificate for each in revoked), **told), Certificate.read(ca.der))


def is_revoked(crl: RevocationList, issued: Issued, *, at: datetime = NOW, longest_age: timedelta = 24 * HOUR) -> bool:
    """Whether the list says so."""
    return crl.is_revoked(Certificate.read(issued.der), longest_age=longest_age, at=at)


def why_not(crl: RevocationList, issued: Issued, **asked: Any) -> str:
    """Why the list says nothing."""
    with pytest.raises(CertificateNotChecked) as refused:
        is_revoked(crl, issued, **asked)
    return refused.value.reason


def scope(**said: Any) -> Extensions:
    """The extension that says what a list is about."""
    nothing = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return [(x509.IssuingDistributionPoint(**{**nothing, **said}), True)]


def test_it_names_those_that_were_taken_back(ca: Authority, issued: Issued) -> None:
    assert is_revoked(read(ca, issued), issued)
    assert not is_revoked(read(ca, ca.issue(SUBJECT)), issued)
    assert not is_revoked(read(ca), issued)


def test_time(ca: Authority, issued: Issued) -> None:
    crl = read(ca)
    assert not is_revoked(crl, issued, at=NOW + 11 * HOUR)
    assert why_not(crl, issued, at=NOW + 11 * HOUR + timedelta(seconds=1)) == "crl_stale"
    assert why_not(crl, issued, longest_age=HOUR - timedelta(seconds=1)) == "crl_too_old"
    assert not is_revoked(crl, issued, at=NOW - HOUR - timedelta(minutes=5))
    assert why_not(crl, issued, at=NOW - HOUR - timedelta(minutes=6)) == "crl_from_the_future"


def test_only_the_authority_itself_says_so(ca: Authority) -> None:
    other, twin = Authority.root("Gốc khác"), Authority.root("CA thử nghiệm")
    silent = Authority.root("Không ký danh sách", Terms(extensions=[(usage(key_cert_sign=True), True)]))
    for signer, expected in ((other, "crl_of_another"), (twin, "crl_forged")):
        with pytest.raises(CertificateNotChecked) as refused:
            RevocationList.read(signer.crl(), Certificate.read(ca.der))
        assert refused.value.reason == expected
    with pytest.raises(CertificateNotChecked):
        read(silent)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"extensions": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b""), True)]},
            "crl_unknown_extension",
        ),
        ({"extensions": scope(indirect_crl=True)}, "crl_of_another_kind"),
        ({"extensions": scope(only_contains_attribute_certs=True)}, "crl_of_another_kind"),
        ({"extensions": scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))}, "crl_of_another_kind"),
        ({"extensions": scope(relative_name=PARTITION)}, "crl_of_another_kind"),
    ],
)
def test_lists_that_cannot_be_relied_on(ca: Authority, told: dict[str, Any], expected: str) -> None:
    with pytest.raises(CertificateNotChecked) as refused:
        read(ca, **told)
    assert refused.value.reason == expected


def test_a_list_without_an_end_cannot_be_relied_on(ca: Authority) -> None:
    crl = asn1.CertificateList.load(ca.crl())
    said = crl["tbs_cert_list"]
    # No library makes one (RFC 5280 §5.1.2.5 forbids it), but others' programs do.
    fields = {field: said[field] for field in said if field != "next_update" and not isinstance(said[field], Void)}
    crl["tbs_cert_list"] = asn1.TbsCertList(fields)
    crl["signature"] = ca.key.sign(crl["tbs_cert_list"].dump(), ec.ECDSA(SHA256()))  # type: ignore[call-arg, arg-type]
    with pytest.raises(CertificateNotChecked) as refused:
        RevocationList.read(crl.dump(), Certificate.read(ca.der))
    assert refused.value.reason == "crl_without_end"


def test_a_list_about_others_says_nothing(ca: Authority, issued: Issued) -> None:
    below = Issued(ca.certificate, ca.key)
    assert not is_revoked(read(ca, extensions=scope(only_contains_user_certs=True)), issued)
    assert why_not(read(ca, extensions=scope(only_contains_ca_certs=True)), issued) == "crl_about_others"
    assert why_not(read(ca, extensions=scope(only_contains_user_certs=True)), below) == "crl_about_others"
    points = [x509.DistributionPoint([URL], relative_name=None, reasons=None, crl_issuer=None)]
    pointing = ca.issue(SUBJECT, terms=Terms(extensions=[(x509.CRLDistributionPoints(points), False)]))
    partial = read(ca, extensions=scope(full_name=[URL]))
    assert not is_revoked(partial, pointing)
    assert why_not(partial, issued) == "crl_about_others"


def test_what_has_changed_since(ca: Authority, issued: Issued) -> None:
    held = ca.issue(SUBJECT)
    full = read(ca, held, number=5)
    delta = read(ca, issued, number=7, base=5, taken_off=[held.certificate], this_update=NOW)
    today = full.with_changes(delta)
    assert (is_revoked(full, held), is_revoked(full, issued)) == (True, False)
    assert (is_revoked(today, held), is_revoked(today, issued)) == (False, True)
    assert (today.number, today.this_update) == (7, NOW)


def test_changes_alone_say_of_nobody_that_they_hold(ca: Authority, issued: Issued) -> None:
    held = ca.issue(SUBJECT)
    delta = read(ca, issued, number=7, base=5)
    for each in (held, issued):
        assert why_not(delta, each) == "crl_is_a_delta"


@pytest.mark.parametrize(("number", "base"), [(7, 6), (4, 3), (7, None)])
def test_changes_to_another_list_are_none(ca: Authority, number: int, base: int | None) -> None:
    full = read(ca, number=5)
    with pytest.raises(CertificateNotChecked):
        full.with_changes(read(ca, number=number, base=base))
    with pytest.raises(CertificateNotChecked):
        full.with_changes(read(Authority.root("Gốc khác"), number=7, base=5))


def test_changed_bytes_are_no_list(ca: Authority, issued: Issued) -> None:
    for mutated in mutations(ca.crl(issued.certificate), 1_000, seed=3):
        with pytest.raises(CertificateNotChecked):
            RevocationList.read(mutated, Certificate.read(ca.der))
