"""Generated people: the same again for the same seed, spread as in the country, and nobody real."""

from collections import Counter
from datetime import date
from itertools import islice

import pytest

from idp.register import citizen_number, names, phone_numbers
from idp.register.entries import Entry
from idp.register.generator import AS_OF, MOST, people
from idp.register.personas import PERSONAS
from idp.register.provinces import provinces

COUNT = 20_000


@pytest.fixture(scope="module")
def crowd() -> list[Entry]:
    return list(people(COUNT, seed=11))


def test_the_same_seed_makes_the_same_people_however_many_are_asked_for(crowd: list[Entry]) -> None:
    assert list(people(500, seed=11)) == crowd[:500]
    assert list(people(500, seed=12)) != crowd[:500]


def test_a_seed_means_the_same_for_ever() -> None:
    [first] = people(1, seed=1)
    assert (first.number, first.full_name, str(first.birth), first.phone) == (
        "003190876363",
        "Trần Kim Ngọc",
        "1990-10-22",
        "+84521127128",
    )


def test_nobody_shares_a_number_a_phone_or_a_key(crowd: list[Entry]) -> None:
    numbers = [number for entry in crowd for number in (entry.number, *entry.previous_numbers)]
    phones = [entry.phone for entry in crowd if entry.phone]
    keys = [entry.key for entry in crowd]
    for each in (numbers, phones, keys):
        assert len(set(each)) == len(each)


def test_numbers_and_phones_are_good_ones_that_can_be_nobodys(crowd: list[Entry]) -> None:
    for entry in crowd:
        assert entry.number.startswith(citizen_number.TEST_PREFIXES)
        assert citizen_number.doubts(entry.number, entry.gender, entry.birth) == ()
        assert entry.phone is None or phone_numbers.parse(entry.phone) == entry.phone


def test_no_persona_is_met_among_them(crowd: list[Entry]) -> None:
    assert all(entry.number[6] != "9" for entry in crowd)
    assert all(persona.entry.number[6] == "9" for persona in PERSONAS)
    assert all(not (entry.phone or "").startswith("+84591") for entry in crowd)
    assert all((persona.entry.phone or "").startswith("+84591") for persona in PERSONAS)


@pytest.mark.parametrize(("family", "share"), [("Nguyễn", 38.4), ("Trần", 11.0), ("Lê", 9.5), ("Phạm", 7.1)])
def test_family_names_have_their_real_shares(crowd: list[Entry], family: str, share: float) -> None:
    bearers = sum(entry.full_name.split()[0] == family for entry in crowd)
    assert 100 * bearers / COUNT == pytest.approx(share, abs=1.2)


def test_names_fit_women_and_men_and_have_their_accents(crowd: list[Entry]) -> None:
    middles = {
        gender: Counter(entry.full_name.split()[1] for entry in crowd if entry.gender == gender)
        for gender in ("female", "male")
    }
    assert middles["female"].most_common(1)[0][0] == "Thị"
    assert middles["male"].most_common(1)[0][0] == "Văn"
    assert middles["female"]["Văn"] == middles["male"]["Thị"] == 0
    for entry in crowd:
        assert 2 <= len(entry.full_name.split()) <= 4
        assert names.display(entry.full_name) == entry.full_name
        assert names.split(entry.full_name).given


def test_ages_make_a_plausible_pyramid(crowd: list[Entry]) -> None:
    ages = [AS_OF.year - entry.birth.year for entry in crowd]
    assert sum(age < 15 for age in ages) / COUNT == pytest.approx(0.235, abs=0.02)
    assert sum(age >= 65 for age in ages) / COUNT == pytest.approx(0.09, abs=0.02)
    assert min(ages) >= 0
    assert 90 <= max(ages) <= 107
    women = [entry.gender == "female" for entry in crowd]
    assert sum(women) / COUNT == pytest.approx(0.5, abs=0.02)


def test_a_few_are_known_by_their_year_alone_and_mostly_the_old(crowd: list[Entry]) -> None:
    by_year = [entry for entry in crowd if entry.birth.month is None]
    assert 0.01 < len(by_year) / COUNT < 0.03
    assert sum(entry.birth.year < 1975 for entry in by_year) > 0.7 * len(by_year)


def test_people_live_in_every_province_about_as_many_as_there_are(crowd: list[Entry]) -> None:
    living = Counter(entry.province for entry in crowd)
    assert set(living) == set(provinces())
    everybody = sum(province.thousands for province in provinces().values())
    for code, province in provinces().items():
        assert living[code] / COUNT == pytest.approx(province.thousands / everybody, abs=0.012)
    assert all(entry.commune in provinces()[entry.province].communes for entry in crowd)


def test_most_have_a_phone_of_record_but_small_children(crowd: list[Entry]) -> None:
    assert 0.68 < sum(entry.phone is not None for entry in crowd) / COUNT < 0.8
    assert all(entry.phone is None for entry in crowd if entry.birth.age_on(AS_OF) < 5)


def test_children_have_guardians_who_come_before_them(crowd: list[Entry]) -> None:
    seen: dict[str, Entry] = {}
    wards = 0
    for entry in crowd:
        if entry.guardian_number:
            guardian = seen[entry.guardian_number]
            wards += 1
            assert entry.full_name.split()[0] == guardian.full_name.split()[0]
            assert (entry.province, entry.address_detail) == (guardian.province, guardian.address_detail)
            assert entry.birth.year - guardian.birth.year >= 9
        seen[entry.number] = entry
    children = sum(AS_OF.year - entry.birth.year < 14 for entry in crowd)
    assert wards > 0.95 * children


def test_cards_end_at_the_ages_of_renewal_and_a_few_have_ended(crowd: list[Entry]) -> None:
    ends = [(entry.birth.year, entry.card_expires) for entry in crowd if entry.card_expires]
    assert {day.year - year for year, day in ends} == {14, 25, 40, 60}
    ended = sum(day < AS_OF for _, day in ends)
    assert 0.005 < ended / len(ends) < 0.03


def test_numbers_that_changed_and_deaths_occur(crowd: list[Entry]) -> None:
    assert 10 < sum(bool(entry.previous_numbers) for entry in crowd) < 100
    assert 0.002 < sum(entry.status == "deceased" for entry in crowd) / COUNT < 0.02


@pytest.mark.parametrize("count", [-1, MOST + 1])
def test_more_than_there_are_phones_for_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="people"):
        people(count, seed=1)


def test_a_million_begin_at_once() -> None:
    assert len(list(islice(people(1_000_000, seed=1), 3))) == 3


def test_another_day_makes_people_of_other_ages() -> None:
    [first] = people(1, seed=1, as_of=date(2036, 7, 1))
    assert first.birth.year == 2000
