"""Taking records in, on both engines: who is who, what counts as a change, what is refused."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from idp.register.entries import Entry
from idp.register.faults import Fault, Reason
from idp.register.person import BirthDate, Person
from idp.register.sandbox import SandboxRegister
from idp.register.sandbox.filling import Filled
from tests.register.conftest import somebody, source
from tests.support.clock import START

pytestmark = pytest.mark.anyio

A, B, C, D = "003190000001", "003190000002", "003190000003", "003190000004"
KEY, OTHER_KEY = UUID(int=11), UUID(int=12)


class Filling:
    """One filling after another, each a source of its own."""

    def __init__(self, register: SandboxRegister) -> None:
        self.register = register
        self._sources = 0

    async def __call__(self, *entries: Entry, **options: Any) -> Filled:
        self._sources += 1
        return await self.register.fill(entries, source=source(self._sources), now=START, **options)

    async def person(self, number: str) -> Person:
        found = await self.register.find(number)
        assert found is not None
        return found


@pytest.fixture
def fill(register: SandboxRegister) -> Filling:
    return Filling(register)


async def test_a_new_person_gets_a_key_that_does_not_depend_on_the_number(fill: Filling) -> None:
    assert await fill(somebody(A), somebody(B)) == Filled(added=2)
    keys = {(await fill.person(A)).key, (await fill.person(B)).key}
    assert len(keys) == 2
    assert {key.version for key in keys} == {7}


async def test_a_key_that_is_stated_is_kept(fill: Filling) -> None:
    await fill(somebody(A, key=KEY))
    assert (await fill.person(A)).key == KEY


async def test_the_same_record_again_changes_nothing(fill: Filling) -> None:
    everything = somebody(
        A, phone="+84591000001", card_expires=date(2030, 5, 12), previous_numbers=(B,), address_detail="Số 1"
    )
    await fill(everything)
    assert await fill(everything) == Filled(unchanged=1)
    assert (await fill.person(A)).record_version == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("full_name", "Nguyễn Thị Hân"),
        ("full_name", "NGUYỄN THỊ HẠNH"),
        ("birth", BirthDate(1990)),
        ("gender", "male"),
        ("province", "04"),
        ("commune", "00004"),
        ("address_detail", "Số 2"),
        ("nationality", "LA"),
        ("phone", "+84591000009"),
        ("status", "deceased"),
        ("card_expires", date(2031, 1, 1)),
        ("previous_numbers", (D,)),
    ],
)
async def test_whatever_changes_raises_the_version_by_one(fill: Filling, column: str, value: Any) -> None:
    await fill(somebody(A, key=KEY))
    changed = somebody(A, **{column: value})
    assert await fill(changed) == Filled(updated=1)
    person = await fill.person(A)
    assert (person.key, person.record_version) == (KEY, 2)
    assert getattr(person, column) == value
    assert await fill(changed) == Filled(unchanged=1)


async def test_a_column_that_is_not_stated_is_left_as_it_is(fill: Filling) -> None:
    await fill(somebody(A, phone="+84591000001", card_expires=date(2030, 5, 12)))
    stated = frozenset({"number", "full_name", "birth", "gender", "province", "commune"})
    assert await fill(somebody(A, full_name="Nguyễn Thị Hiền"), stated=stated) == Filled(updated=1)
    person = await fill.person(A)
    assert (person.full_name, person.phone, person.card_expires) == (
        "Nguyễn Thị Hiền",
        "+84591000001",
        date(2030, 5, 12),
    )
    assert await fill(somebody(A, full_name="Nguyễn Thị Hiền")) == Filled(updated=1)
    assert (await fill.person(A)).phone is None


async def test_a_new_number_that_names_the_old_one_is_the_same_person(fill: Filling) -> None:
    await fill(somebody(A, key=KEY))
    assert await fill(somebody(B, previous_numbers=(A,))) == Filled(updated=1)
    assert await fill(somebody(C, previous_numbers=(B,))) == Filled(updated=1)
    person = await fill.person(A)
    assert (person.key, person.number, person.previous_numbers, person.record_version) == (KEY, C, (A, B), 3)


async def test_a_new_number_under_the_same_key_keeps_the_old_one(fill: Filling) -> None:
    await fill(somebody(A, key=KEY))
    await fill(somebody(B, key=KEY))
    assert (await fill.person(A)).previous_numbers == (A,)


async def test_no_earlier_number_is_ever_forgotten(fill: Filling) -> None:
    await fill(somebody(A, previous_numbers=(B, C)))
    assert await fill(somebody(A)) == Filled(unchanged=1)
    assert (await fill.person(A)).previous_numbers == (B, C)


@pytest.mark.parametrize(
    ("entry", "reason", "column"),
    [
        (somebody(A, previous_numbers=(B,)), Reason.NUMBER_OF_ANOTHER, "previous_numbers"),
        (somebody(D, previous_numbers=(A, B)), Reason.NUMBER_OF_ANOTHER, "previous_numbers"),
        (somebody(A, key=OTHER_KEY), Reason.NUMBER_OF_ANOTHER, "number"),
        (somebody(D, key=KEY, previous_numbers=(B,)), Reason.NUMBER_OF_ANOTHER, "number"),
        (somebody(A, key=UUID(int=99)), Reason.NUMBER_OF_ANOTHER, "number"),
        (somebody(C), Reason.NUMBER_REPLACED, "number"),
        (somebody(C, key=KEY), Reason.NUMBER_REPLACED, "number"),
        (somebody(D, guardian_number="003190000009"), Reason.UNKNOWN_GUARDIAN, "guardian_number"),
        (somebody(A, guardian_number=A), Reason.UNKNOWN_GUARDIAN, "guardian_number"),
    ],
)
async def test_what_would_mix_two_people_up_is_refused(
    fill: Filling, entry: Entry, reason: Reason, column: str
) -> None:
    await fill(somebody(A, key=KEY, previous_numbers=(C,)), somebody(B, key=OTHER_KEY))
    before = [await fill.person(number) for number in (A, B, C)]
    assert await fill(entry) == Filled(faults=[Fault(2, reason, column)])
    assert [await fill.person(number) for number in (A, B, C)] == before
    assert await fill.register.find(D) is None


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two batches"])
async def test_a_source_that_says_two_things_of_one_number_is_believed_once(
    register: SandboxRegister, apart: bool
) -> None:
    first, second = somebody(A, line=2), somebody(A, line=3, full_name="Trần Thị Mai")
    batches = [[first], [second]] if apart else [[first, second]]
    filled = [await register.fill(batch, source=source(1), now=START) for batch in batches]
    assert [fault for each in filled for fault in each.faults] == [Fault(3, Reason.SAID_TWICE)]
    found = await register.find(A)
    assert found is not None
    assert found.full_name == first.full_name


async def test_a_source_may_say_the_same_twice(fill: Filling) -> None:
    assert await fill(somebody(A, line=2), somebody(A, line=3)) == Filled(added=1, unchanged=1)


async def test_two_people_may_share_a_phone_of_record(fill: Filling) -> None:
    """A family's phone is a fact; that an account has its own is the rule of accounts."""
    assert await fill(somebody(A, phone="+84591000001"), somebody(B, phone="+84591000001")) == Filled(added=2)


async def test_a_guardian_may_come_earlier_in_the_same_batch(fill: Filling) -> None:
    await fill(somebody(A, key=KEY), somebody(B, guardian_number=A))
    assert (await fill.person(B)).guardian_key == KEY


async def test_a_guardian_may_be_named_by_an_earlier_number(fill: Filling) -> None:
    await fill(somebody(A, key=KEY, previous_numbers=(C,)))
    await fill(somebody(B, guardian_number=C))
    assert (await fill.person(B)).guardian_key == KEY


async def test_a_fault_stops_nothing_else(fill: Filling) -> None:
    filled = await fill(somebody(A), somebody(B, line=3, guardian_number=D), somebody(C))
    assert filled == Filled(added=2, faults=[Fault(3, Reason.UNKNOWN_GUARDIAN, "guardian_number")])


async def test_a_strict_filling_with_a_fault_writes_nothing(fill: Filling) -> None:
    await fill(somebody(A))
    changed = replace(somebody(A), full_name="Trần Thị Mai")
    filled = await fill(changed, somebody(B), somebody(C, line=4, guardian_number=D), strict=True)
    assert filled == Filled(faults=[Fault(4, Reason.UNKNOWN_GUARDIAN, "guardian_number")], stopped=True)
    assert (await fill.person(A)).record_version == 1
    assert await fill.register.find(B) is None


async def test_numbers_may_move_along_in_one_batch(fill: Filling) -> None:
    """Whoever leaves a number keeps it as an earlier one, so nobody else can take it."""
    await fill(somebody(A, key=KEY), somebody(B, key=OTHER_KEY))
    filled = await fill(somebody(C, key=KEY, line=2), somebody(A, key=OTHER_KEY, line=3))
    assert filled == Filled(updated=1, faults=[Fault(3, Reason.NUMBER_REPLACED, "number")])
