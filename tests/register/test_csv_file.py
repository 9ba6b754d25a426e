"""Files of people: what a header must have, and what each value may be."""

import io
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register import csv_file
from idp.register.csv_file import FileRefused, PeopleFile
from idp.register.csv_rows import read_row
from idp.register.entries import COLUMNS, REQUIRED, Entry
from idp.register.faults import Fault, Reason, RecordRefused
from idp.register.generator import people
from idp.register.person import BirthDate
from idp.register.personas import PERSONAS
from tests.register.conftest import TODAY, somebody

HEADER = ",".join(COLUMNS)
GOOD = {
    "number": "003190000001",
    "full_name": "Nguyễn Thị Hạnh",
    "birth": "1990-05-12",
    "gender": "female",
    "province": "01",
    "commune": "00103",
}


def people_of(path: Path, content: bytes | str) -> list[Entry | Fault]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with PeopleFile(path, today=TODAY) as file:
        return list(file)


def row(**values: str) -> Entry:
    stated = GOOD | values
    return read_row(tuple(stated), list(stated.values()), line=7, today=TODAY)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    entries = [*people(300, seed=5), *(persona.entry for persona in PERSONAS)]
    file = io.StringIO(newline="")
    csv_file.write(entries, file)
    read = people_of(tmp_path / "people.csv", file.getvalue())
    assert [_without_line(each) for each in read] == [_without_line(each) for each in entries]
    assert [each.line for each in read] == list(range(2, len(entries) + 2))


def _without_line(each: Entry | Fault) -> Entry:
    assert isinstance(each, Entry)
    return Entry(**{column: getattr(each, column) for column in COLUMNS})


def test_the_columns_may_stand_in_any_order_and_the_optional_ones_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(
        "\ufeff Birth ,GENDER,number,province,commune,full_name\r\n1990,male,003090000001,01,00103,An\r\n".encode()
    )
    with PeopleFile(path, today=TODAY) as file:
        assert file.columns == ("birth", "gender", "number", "province", "commune", "full_name")
        assert list(file) == [
            somebody("003090000001", full_name="An", birth=BirthDate(1990), gender="male"),
        ]
        assert file.offset == path.stat().st_size


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_file_without_a_needed_column_is_refused_before_any_record(tmp_path: Path, missing: str) -> None:
    header = ",".join(column for column in COLUMNS if column != missing)
    with pytest.raises(FileRefused, match=missing):
        people_of(tmp_path / "people.csv", header + "\n")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (HEADER.encode("utf-16"), "UTF-8"),
        (b"\xff" + HEADER.encode(), "UTF-8"),
        (f"{HEADER},phnoe\n".encode(), "not known"),
        (f"{HEADER},phone\n".encode(), "twice"),
        (HEADER.replace(",", ";").encode(), "parted by commas"),
        (HEADER.replace(",", "\t").encode(), "parted by commas"),
        (b'"' + HEADER.encode(), "header"),
        (b"x" * 70_000, "header"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(FileRefused, match=why):
        people_of(tmp_path / "people.csv", content)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("number", "", Reason.EMPTY),
        ("number", "   ", Reason.EMPTY),
        ("number", "00319000001", Reason.BAD_NUMBER),
        ("full_name", "", Reason.EMPTY),
        ("full_name", "---", Reason.BAD_NAME),
        ("full_name", "12345", Reason.BAD_NAME),
        ("full_name", "An" * 101, Reason.BAD_NAME),
        ("full_name", "Nguyễn\x00An", Reason.CONTROL_CHARACTER),
        ("full_name", "Nguyễn\nAn", Reason.CONTROL_CHARACTER),
        ("full_name", "Nguyễn\u202eAn", Reason.CONTROL_CHARACTER),
        ("full_name", "Nguyễn\u2028An", Reason.CONTROL_CHARACTER),
        ("birth", "1990-02-30", Reason.BAD_BIRTH_DATE),
        ("birth", "2026-11-17", Reason.BAD_BIRTH_DATE),
        ("birth", "2027", Reason.BAD_BIRTH_DATE),
        ("gender", "nữ", Reason.NOT_A_CHOICE),
        ("gender", "Female", Reason.NOT_A_CHOICE),
        ("province", "1", Reason.BAD_CODE),
        ("province", "02", Reason.BAD_CODE),
        ("commune", "103", Reason.BAD_CODE),
        ("commune", "００１０３", Reason.BAD_CODE),
        ("address_detail", "x" * 301, Reason.TOO_LONG),
        ("scheme", "2019-01-01", Reason.NOT_A_CHOICE),
        ("nationality", "Việt Nam", Reason.BAD_CODE),
        ("phone", "0243825000", Reason.BAD_PHONE),
        ("status", "dead", Reason.NOT_A_CHOICE),
        ("card_expires", "2030", Reason.BAD_DATE),
        ("card_expires", "20300101", Reason.BAD_DATE),
        ("card_expires", "2030-W01-1", Reason.BAD_DATE),
        ("card_expires", "2030-02-30", Reason.BAD_DATE),
        ("previous_numbers", "003190000002;", Reason.BAD_NUMBER),
        ("guardian_number", "none", Reason.BAD_NUMBER),
        ("key", "5", Reason.BAD_KEY),
    ],
)
def test_a_value_that_cannot_be_is_named_by_its_column_and_not_repeated(
    column: str, value: str, reason: Reason
) -> None:
    with pytest.raises(RecordRefused) as refused:
        row(**{column: value})
    assert refused.value.at(7) == Fault(7, reason, column)
    assert refused.value.__cause__ is None
    assert not value.strip() or value not in str(refused.value.at(7))


def test_values_are_taken_in_every_spelling_people_use() -> None:
    read = row(
        number=" 0031 9000 0001",
        full_name=" Nguye\u0302\u0303n\u00a0Thị   Hạnh ",
        birth="12/05/1990",
        phone="0591.000.001",
        address_detail="Số 18,\tphố Quảng An",
        nationality="VN",
        status="deceased",
        card_expires="2030-05-12",
        previous_numbers="003190000002; 003.190.000.003;003190000002",
        guardian_number="005190000001",
        key="5b8f3c0e-6c1d-4f7a-9a52-0d1e4c7b2f60",
    )
    assert read == Entry(
        number="003190000001",
        full_name="Nguyễn Thị Hạnh",
        birth=BirthDate(1990, 5, 12),
        gender="female",
        province="01",
        commune="00103",
        phone="+84591000001",
        address_detail="Số 18, phố Quảng An",
        status="deceased",
        card_expires=date(2030, 5, 12),
        previous_numbers=("003190000002", "003190000003"),
        guardian_number="005190000001",
        key=UUID("5b8f3c0e-6c1d-4f7a-9a52-0d1e4c7b2f60"),
        line=7,
    )


@pytest.mark.parametrize("values", [[], ["003190000001"], ["x"] * 7])
def test_a_record_of_another_length_than_the_header_is_refused(values: list[str]) -> None:
    with pytest.raises(RecordRefused) as refused:
        read_row(tuple(GOOD), values, line=3, today=TODAY)
    assert refused.value.at(3) == Fault(3, Reason.COLUMN_COUNT)


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=30)))
def test_any_values_make_a_person_or_are_refused(values: dict[str, str]) -> None:
    try:
        entry = row(**values)
    except RecordRefused as refused:
        assert refused.column in {*GOOD, *values}
        return
    assert len(entry.number) == 12


@given(content=st.binary(max_size=200))
def test_any_bytes_after_a_good_header_are_people_or_faults(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.csv"
    read = people_of(path, HEADER.encode() + b"\n" + content)
    assert all(isinstance(each, Fault) for each in read)


def test_no_person_shows_when_an_entry_is_printed() -> None:
    assert repr(somebody()) == "Entry(key=None, line=2)"


def test_a_broken_record_spoils_no_other(tmp_path: Path) -> None:
    good = '{},Nguyễn Thị Hạnh,1990,female,01,00103,"Số 1, đường Lê Lợi"\n'
    content = (
        (
            "number,full_name,birth,gender,province,commune,address_detail\n"
            + good.format("003190000001")
            + '003190000002,"Nguyễn Thị Hạnh,1990,female,01,00103,\n'
            + good.format("003190000003")
            + "003190000004,Nguyễn\x00,1990,female,01,00103,\n"
            + '003190000005,Nguyễn Thị Hạnh,1990,female,01,00103,"Số 1\n'
            + '003190000666,Kẻ Chen Ngang,1990,male,01,00103,"\n'
            + good.format("003190000006")
            + f"003190000007,{'x' * 100_000},1990,female,01,00103,\n"
            + "003190000008,1990,female,01,00103,\n"
            + good.format("003190000009")
        ).encode()
        + b"003190000010,Nguy\x1bn,1990,female,01,00103,\n\xff\n"
        + good.format("003190000011").encode()
    )
    read = people_of(tmp_path / "people.csv", content)
    taken = [each.number[-2:] for each in read if isinstance(each, Entry)]
    assert taken == ["01", "03", "06", "09", "11"]
    assert [(each.line, each.reason) for each in read if isinstance(each, Fault)] == [
        (3, Reason.BAD_QUOTES),
        (5, Reason.CONTROL_CHARACTER),
        (6, Reason.CONTROL_CHARACTER),
        (9, Reason.TOO_LONG),
        (10, Reason.COLUMN_COUNT),
        (12, Reason.CONTROL_CHARACTER),
        (13, Reason.NOT_UTF8),
    ]
