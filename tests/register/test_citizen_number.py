"""Citizen numbers: every spelling a person uses, and nothing else."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register import citizen_number
from idp.register.citizen_number import BadCitizenNumber, Doubt
from idp.register.person import BirthDate, Gender

NUMBERS = st.text(alphabet="0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize(
    "typed",
    [
        "003190900001",
        " 003190900001 ",
        "0031 9090 0001",
        "003.190.900.001",
        "003-190-900-001",
        "003 1 90 900001",
        "003\u2013190\u2013900001",
        "003\u00a0190\u202f900\u2009001",
        "\ufeff003190900001\u200b",
        "００３１９０９００００１",
        "003．190．900．001",
    ],
)
def test_every_way_to_write_a_number_is_one_number(typed: str) -> None:
    assert citizen_number.parse(typed) == "003190900001"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "00319090000",
        "0031909000011",
        "123456789",
        "003190900001x",
        "003190900OO1",
        "003190900001\n",
        "003190900001\x00",
        "٠٠٣١٩٠٩٠٠٠٠١",
        "⁰⁰³¹⁹⁰⁹⁰⁰⁰⁰¹",
        "①②③④⑤⑥⑦⑧⑨⑩⑪⑫",
        "003/190/900/001",
        "+003190900001",
        "\ud800",
        "003190900001" + " " * 100,
    ],
)
def test_what_is_not_twelve_digits_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(BadCitizenNumber) as refused:
        citizen_number.parse(typed)
    assert str(refused.value) == "bad_citizen_number"


@given(st.text(max_size=80))
def test_parsing_gives_twelve_digits_or_refuses(typed: str) -> None:
    try:
        number = citizen_number.parse(typed)
    except BadCitizenNumber:
        return
    assert len(number) == 12
    assert set(number) <= set(string.digits)
    assert citizen_number.parse(number) == number


@given(NUMBERS, st.data())
def test_separators_between_digits_change_nothing(number: str, data: st.DataObject) -> None:
    between = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u200b", "\u2013"])
    typed = "".join(digit + data.draw(between) for digit in number)
    assert citizen_number.parse(typed) == number


@pytest.mark.parametrize(
    ("number", "gender", "birth", "expected"),
    [
        ("001190000001", "female", BirthDate(1990, 5, 12), ()),
        ("003190000001", "female", BirthDate(1990), ()),
        ("005207000001", "male", BirthDate(2007, 1, 1), ()),
        ("096399000001", "female", BirthDate(2099, 1, 1), ()),
        ("100190000001", "female", BirthDate(1990), (Doubt.UNKNOWN_PREFIX,)),
        ("007190000001", "female", BirthDate(1990), (Doubt.UNKNOWN_PREFIX,)),
        ("001090000001", "female", BirthDate(1990), (Doubt.OTHER_GENDER,)),
        ("001190000001", "female", BirthDate(1991), (Doubt.OTHER_YEAR,)),
        ("001390000001", "female", BirthDate(1990), (Doubt.OTHER_YEAR,)),
        ("999999999999", "male", BirthDate(1850), tuple(Doubt)),
    ],
)
def test_a_number_that_does_not_fit_its_person_is_doubted(
    number: str, gender: Gender, birth: BirthDate, expected: tuple[Doubt, ...]
) -> None:
    assert citizen_number.doubts(number, gender, birth) == expected


@given(
    st.sampled_from(citizen_number.TEST_PREFIXES),
    st.sampled_from(["female", "male"]),
    st.integers(1900, 2399),
    st.integers(0, 999_999),
)
def test_a_composed_number_says_what_it_was_composed_of(prefix: str, gender: Gender, year: int, serial: int) -> None:
    number = citizen_number.compose(prefix, gender, year, serial)
    assert citizen_number.parse(number) == number
    assert citizen_number.structure(number) == citizen_number.Structure(prefix, gender, year)
    assert citizen_number.doubts(number, gender, BirthDate(year)) == ()
