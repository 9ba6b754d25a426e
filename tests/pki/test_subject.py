"""Whom a subject names, in the shapes that Vietnamese authorities write."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from idp.pki.refusals import CertificateUnreadable
from idp.pki.subject import Subject, read_subject
from tests.support.pki import name

CITIZEN = "003090000001"


@pytest.mark.parametrize(
    ("uids", "personal", "citizen", "organisation"),
    [
        ([f"CCCD:{CITIZEN}"], CITIZEN, CITIZEN, None),
        ([f"cccd: {CITIZEN} "], CITIZEN, CITIZEN, None),
        ([f"PID:{CITIZEN}"], CITIZEN, CITIZEN, None),
        ([f"PID:{CITIZEN}", f"CCCD:{CITIZEN}"], CITIZEN, CITIZEN, None),
        ([f"CMND:{CITIZEN}"], CITIZEN, CITIZEN, None),
        (["CMND:003123456"], "003123456", None, None),
        (["HC:B0000001"], "B0000001", None, None),
        (["PPID:B0000001"], "B0000001", None, None),
        ([f"HC:{CITIZEN}"], CITIZEN, None, None),
        ([f"PPID:{CITIZEN}"], CITIZEN, None, None),
        ([f"ppid: {CITIZEN}", "MST:0100000000"], CITIZEN, None, "0100000000"),
        ([f"HC:{CITIZEN}", f"CCCD:{CITIZEN}"], CITIZEN, CITIZEN, None),
        (["MST:0100000000-001", f"CCCD:{CITIZEN}"], CITIZEN, CITIZEN, "0100000000-001"),
        ([f"CCCD:{CITIZEN}", "MST:0100000000"], CITIZEN, CITIZEN, "0100000000"),
        (["MST:0100000000"], None, None, "0100000000"),
        (["BHXH:0000000000", f"CCCD:{CITIZEN}", "MNS:1000000"], CITIZEN, CITIZEN, None),
        (["nva", "an@tinhx.example"], None, None, None),
        ([], None, None, None),
    ],
)
def test_numbers_are_found_whatever_stands_around_them(
    uids: list[str], personal: str | None, citizen: str | None, organisation: str | None
) -> None:
    found = read_subject(name("Nguyễn Văn An", *uids))
    assert (found.personal_number, found.citizen_number, found.organisation) == (personal, citizen, organisation)
    assert found.is_seal == (organisation is not None and personal is None)
    assert found.name == "Nguyễn Văn An"
    assert CITIZEN not in repr(found)
    assert "Nguyễn" not in repr(found)


@pytest.mark.parametrize(
    ("uids", "reason"),
    [
        ([f"CCCD:{CITIZEN}", "CCCD:003090000002"], "two_personal_numbers"),
        ([f"CCCD:{CITIZEN}", "CMND:003123456"], "two_personal_numbers"),
        ([f"CCCD:{CITIZEN}", "HC:B0000001"], "two_personal_numbers"),
        (["MST:0100000000", "MST:0100000001"], "two_organisations"),
        (["CMND:"], "malformed_number"),
        (["CMND: ", f"CCCD:{CITIZEN}"], "malformed_number"),
        (["CCCD:00309000000"], "malformed_number"),
        (["CCCD:0030900000011"], "malformed_number"),
        (["CCCD:００３０９００００００１"], "malformed_number"),
        ([f"CCCD:{CITIZEN},CMND:003123456"], "malformed_number"),
        ([f"CCCD:CCCD:{CITIZEN}"], "malformed_number"),
        (["MST:01000000000"], "malformed_number"),
        (["HC:b0000001"], "malformed_number"),
        ([f"CCCD:{CITIZEN}\0"], "disguised_text"),
        ([f"CCCD:{CITIZEN}\n"], "disguised_text"),
        ([f"\u202eCCCD:{CITIZEN}"], "disguised_text"),
        ([f"CC\u200bCD:{CITIZEN}"], "disguised_text"),
    ],
)
def test_what_is_not_clear_is_refused(uids: list[str], reason: str) -> None:
    with pytest.raises(CertificateUnreadable) as refused:
        read_subject(name("Nguyễn Văn An", *uids))
    assert refused.value.reason == reason
    assert CITIZEN not in str(refused.value)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "name_missing_or_repeated"),
        ([" "], "name_missing_or_repeated"),
        (["Nguyễn Văn An", "Trần Thị Bình"], "name_missing_or_repeated"),
        (["Nguyễn Văn An\0.example"], "disguised_text"),
        (["\u202enA năV nễyugN"], "disguised_text"),
        (["Nguyễn\tVăn An"], "disguised_text"),
        (["Nguyễn\ue000Văn An"], "disguised_text"),
    ],
)
def test_a_name_is_there_once_and_looks_like_what_it_is(names: list[str], reason: str) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in names])
    with pytest.raises(CertificateUnreadable) as refused:
        read_subject(subject)
    assert refused.value.reason == reason


def test_a_name_is_composed_and_its_spaces_are_single() -> None:
    assert read_subject(name("Nguye\u0302\u0303n  Va\u0306n An ")).name == "Nguyễn Văn An"


def test_nobody_is_named_who_is_not() -> None:
    assert Subject("Cục Thuế").citizen_number is None
    assert not Subject("Cục Thuế").is_seal
