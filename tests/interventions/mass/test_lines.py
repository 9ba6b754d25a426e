"""Files that name people or certificates: every faulty line is named, and none is repeated back."""

from uuid import UUID

import pytest

from idp.interventions.mass import lines as mass_lines
from idp.interventions.mass.lines import MassFileTooLong, MassFileUnfit

ACCOUNT = "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10"


def test_numbers_and_accounts_are_read_in_their_order() -> None:
    data = f"003190001234\r\n\r\n# a note\n  005.190.001.235 \n{ACCOUNT}\n{ACCOUNT.replace('-', '').upper()}\n"
    read = mass_lines.accounts(b"\xef\xbb\xbf" + data.encode())
    assert read.named == ("003190001234", "005190001235", UUID(ACCOUNT))
    assert (read.lines, read.repeated, read.faults) == (4, 1, ())


@pytest.mark.parametrize(
    "line", [b"00319000123", b"0031900012345", b"012345678", b"Nguyen Van An", b"003190001234;x", b"\xff\xfe", b"-"]
)
def test_what_names_nobody_is_a_fault_and_is_not_repeated(line: bytes) -> None:
    read = mass_lines.accounts(b"003190001234\n" + line + b"\n003190001235")
    assert [fault.line for fault in read.faults] == [2]
    assert read.named == ("003190001234", "003190001235")
    with pytest.raises(MassFileUnfit) as refused:
        read.refuse_faulty()
    said = f"{refused.value} {refused.value.faults} {read!r} {read.faults[0]}"
    assert line.decode("utf-8", "replace") not in said.replace("-", "") or line == b"-"
    assert "003190001234" not in said


def test_every_faulty_line_is_named() -> None:
    read = mass_lines.accounts(b"x\n003190001234\ny\n\n#\nz")
    assert [fault.line for fault in read.faults] == [1, 3, 6]


def test_a_file_without_faults_is_not_refused() -> None:
    mass_lines.accounts(b"003190001234").refuse_faulty()


def test_digests_of_keys() -> None:
    read = mass_lines.key_digests(f"{'ab' * 32}\n{'AB' * 32}\n{'ab' * 31}\n".encode())
    assert read.named == (b"\xab" * 32,)
    assert (read.repeated, [fault.line for fault in read.faults]) == (1, [3])


def test_serial_numbers_as_programs_print_them() -> None:
    read = mass_lines.serials(b"4096\n0x1001\n10:02\nabcd\n10:0\n1:\n-5\n")
    assert read.named == (4096, 0x1001, 0x1002)
    assert [fault.line for fault in read.faults] == [4, 5, 6, 7]


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_lines, "MOST_LINES", 2)
    with pytest.raises(MassFileTooLong):
        mass_lines.accounts(b"\n\n\n")


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_lines, "MOST_BYTES", 5)
    with pytest.raises(MassFileTooLong):
        mass_lines.accounts(b"003190001234")
