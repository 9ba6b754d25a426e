"""The personas: what each one is there for, and that none of them can be anybody."""

from datetime import date

import pytest

from idp.register import citizen_number, names, phone_numbers
from idp.register.personas import PERSONAS, Persona, add_personas, persona
from idp.register.provinces import provinces
from idp.register.sandbox import SandboxRegister
from tests.register.conftest import TODAY
from tests.support.clock import START


def test_the_ordinary_woman_comes_first_and_has_everything() -> None:
    woman = PERSONAS[0]
    assert woman.slug == "ordinary-woman"
    parts = names.split(woman.entry.full_name)
    assert all((parts.family, parts.middle, parts.given))
    assert woman.entry.birth.day
    assert all((woman.entry.address_detail, woman.entry.phone, woman.email))


@pytest.mark.parametrize("each", PERSONAS, ids=lambda each: each.slug)
def test_a_persona_is_well_formed_and_can_be_nobody(each: Persona) -> None:
    entry = each.entry
    assert entry.number.startswith(citizen_number.TEST_PREFIXES)
    assert citizen_number.parse(entry.number) == entry.number
    assert citizen_number.doubts(entry.number, entry.gender, entry.birth) == ()
    assert names.display(entry.full_name) == entry.full_name
    assert entry.phone == phone_numbers.parse(entry.phone or "")
    assert entry.commune in provinces()[entry.province].communes
    assert each.vietnamese
    assert each.english
    assert entry.key == each.key == persona(each.slug).key


def test_personas_differ_in_everything_that_must_differ() -> None:
    for distinct in (
        [each.slug for each in PERSONAS],
        [each.key for each in PERSONAS],
        [each.entry.number for each in PERSONAS],
        [each.entry.phone for each in PERSONAS],
    ):
        assert len(set(distinct)) == len(PERSONAS)


def test_keys_stay_the_same_for_ever() -> None:
    assert str(persona("ordinary-woman").key) == "48dbdd73-8ae8-5109-a3b7-cd07fa9a5ad6"


def test_two_have_one_name_and_one_birth_date() -> None:
    north, south = persona("namesake-north").entry, persona("namesake-south").entry
    assert (north.full_name, north.birth) == (south.full_name, south.birth)


def test_each_story_is_true() -> None:
    assert persona("year-only-birth").entry.birth.month is None
    assert persona("deceased").entry.status == "deceased"
    assert persona("thirteen-year-old").entry.birth.age_on(TODAY) == 13
    assert persona("thirteen-year-old").entry.guardian_number == persona("guardian").entry.number
    assert persona("foreign-resident").entry.nationality != "VN"
    assert (persona("card-expired").entry.card_expires or TODAY) < TODAY
    corrected, changed = persona("name-corrected"), persona("number-changed")
    assert corrected.former
    assert changed.former
    assert names.fold(corrected.former.full_name) != names.fold(corrected.entry.full_name)
    assert changed.entry.previous_numbers == (changed.former.number,)


def test_only_those_whose_story_it_is_are_under_age_dead_or_without_a_card() -> None:
    for each in PERSONAS:
        entry = each.entry
        assert (entry.birth.age_on(TODAY) < 18) == (each.slug == "thirteen-year-old")
        assert (entry.status == "deceased") == (each.slug == "deceased")
        assert (entry.card_expires is not None and entry.card_expires < TODAY) == (each.slug == "card-expired")
    assert date(2026, 11, 16) == TODAY


@pytest.mark.anyio
async def test_added_again_they_stay_as_they_are(peopled: SandboxRegister) -> None:
    before = [await peopled.by_key(each.key) for each in PERSONAS]
    await add_personas(peopled, now=START)
    assert [await peopled.by_key(each.key) for each in PERSONAS] == before
