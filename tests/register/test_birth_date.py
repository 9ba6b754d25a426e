"""Birth dates: a day, or the year alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register.person import BadBirthDate, BirthDate

DAYS = st.dates(date(1850, 1, 1), date(2399, 12, 31))


@pytest.mark.parametrize(
    "typed",
    [
        "1990-05-12",
        "1990/5/12",
        "12/05/1990",
        "12/5/1990",
        "12.5.1990",
        "12-05-1990",
        "19900512",
        " 12 / 05 / 1990 ",
        "１２/０５/１９９０",
        "12\u201305\u20131990",
    ],
)
def test_every_way_to_write_a_day_is_one_day(typed: str) -> None:
    assert BirthDate.parse(typed) == BirthDate(1990, 5, 12)


@pytest.mark.parametrize(
    "typed",
    ["", "12", "90", "1849", "2400", "0000", "1990-02-30", "29/02/1900", "1990-13-01", "12051990", "1990-05", "5/1990"],
)
def test_what_is_no_day_and_no_year_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(BadBirthDate) as refused:
        BirthDate.parse(typed)
    assert str(refused.value) == "bad_birth_date"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "typed",
    ["1990-00-00", "00/00/1990", "1990-05-12T00:00", "1990-05-12\n", "١٩٩٠", "1990-5-12-1", "12/5/90", "-1990"],
)
def test_what_only_looks_like_a_date_is_refused(typed: str) -> None:
    with pytest.raises(BadBirthDate):
        BirthDate.parse(typed)


@given(DAYS)
def test_a_day_comes_back_from_each_of_its_spellings(day: date) -> None:
    born = BirthDate(day.year, day.month, day.day)
    assert str(born) == day.isoformat()
    for spelling in ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"):
        assert BirthDate.parse(day.strftime(spelling)) == born


@given(st.integers(1850, 2399))
def test_a_year_comes_back_and_is_no_day_of_it(year: int) -> None:
    assert BirthDate.parse(f"{year}") == BirthDate(year)
    assert str(BirthDate(year)) == f"{year}"
    assert BirthDate(year) != BirthDate(year, 1, 1)


@given(st.text(max_size=40))
def test_any_text_is_a_birth_date_or_refused(typed: str) -> None:
    try:
        born = BirthDate.parse(typed)
    except BadBirthDate:
        return
    assert BirthDate.parse(str(born)) == born


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_digits_run_together_day_first_are_never_another_day(day: date) -> None:
    with pytest.raises(BadBirthDate):
        BirthDate.parse(day.strftime("%d%m%Y"))


@pytest.mark.parametrize(("month", "day"), [(5, None), (None, 12), (0, 0), (13, 1), (2, 30)])
def test_a_day_that_never_was_cannot_be_made(month: int | None, day: int | None) -> None:
    with pytest.raises(BadBirthDate):
        BirthDate(1990, month, day)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (BirthDate(2012, 11, 16), date(2026, 11, 15), 13),
        (BirthDate(2012, 11, 16), date(2026, 11, 16), 14),
        (BirthDate(2012, 2, 29), date(2026, 2, 28), 13),
        (BirthDate(2012, 2, 29), date(2026, 3, 1), 14),
        (BirthDate(2012), date(2026, 12, 30), 13),
        (BirthDate(2012), date(2026, 12, 31), 14),
        (BirthDate(1948), date(2026, 11, 16), 77),
    ],
)
def test_age_is_counted_in_full_years(born: BirthDate, on: date, age: int) -> None:
    assert born.age_on(on) == age
