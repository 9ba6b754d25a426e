"""What the sandbox promises as a register, on both engines."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NoReturn
from uuid import UUID

import pytest

from idp.errors import Kind
from idp.register import port
from idp.register.person import BirthDate, Person
from idp.register.personas import PERSONAS, persona
from idp.register.port import Register, RegisterUnavailable
from idp.register.sandbox import SandboxRegister, adapter
from idp.storage import Unit
from tests.register.conftest import somebody, source
from tests.support.clock import START

pytestmark = pytest.mark.anyio

WOMAN = persona("ordinary-woman")


def test_the_sandbox_is_a_register() -> None:
    _: type[Register] = SandboxRegister


async def test_a_person_is_found_with_everything_the_register_knows(peopled: SandboxRegister) -> None:
    found = await peopled.find(WOMAN.entry.number)
    assert found == Person(
        key=WOMAN.key,
        number="003190900001",
        previous_numbers=(),
        full_name="Nguyễn Thị Thu Hà",
        birth=BirthDate(1990, 5, 12),
        gender="female",
        nationality="VN",
        province="01",
        commune="00103",
        address_detail="Số 18, phố Quảng An",
        phone="+84591000001",
        status="alive",
        card_expires=date(2030, 5, 12),
        guardian_key=None,
        record_version=1,
        scheme="2025-07-01",
    )
    assert await peopled.by_key(WOMAN.key) == found


async def test_nobody_is_found_for_an_unknown_number_or_key(peopled: SandboxRegister) -> None:
    assert await peopled.find("003190999999") is None
    assert await peopled.by_key(UUID(int=5)) is None
    assert await peopled.by_key(UUID(int=0)) is None


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Thu Hà", "NGUYEN THI THU HA", "nguyenthithuha", "Nguye\u0302\u0303n Thị Thu Ha\u0300"]
)
async def test_a_person_is_matched_by_number_name_and_birth_date(peopled: SandboxRegister, name: str) -> None:
    matched = await peopled.match(WOMAN.entry.number, name, WOMAN.entry.birth)
    assert matched is not None
    assert matched.key == WOMAN.key


@pytest.mark.parametrize(
    ("number", "name", "birth"),
    [
        ("003190900002", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 12)),
        ("005087900002", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 12)),
        ("003190900001", "Nguyễn Thị Thu", BirthDate(1990, 5, 12)),
        ("003190900001", "", BirthDate(1990, 5, 12)),
        ("003190900001", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 13)),
        ("003190900001", "Nguyễn Thị Thu Hà", BirthDate(1990)),
        ("003148900005", "Phạm Thị Sáu", BirthDate(1948, 1, 1)),
    ],
)
async def test_one_thing_that_is_not_true_matches_nobody(
    peopled: SandboxRegister, number: str, name: str, birth: BirthDate
) -> None:
    assert await peopled.match(number, name, birth) is None


async def test_a_year_matches_who_is_known_by_the_year(peopled: SandboxRegister) -> None:
    assert await peopled.match("003148900005", "pham thi sau", BirthDate(1948)) is not None


@pytest.mark.parametrize(
    ("number", "name", "birth"),
    [
        ("003190900001", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 12)),
        ("003190900001", "Trần Văn Minh", BirthDate(1990, 5, 12)),
        ("003190900001", "Nguyễn Thị Thu Hà", BirthDate(1991)),
        ("003190999999", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 12)),
        ("003190999999", "", BirthDate(1991)),
    ],
)
async def test_a_hit_and_every_miss_run_the_same_statements_and_comparisons(
    peopled: SandboxRegister, monkeypatch: pytest.MonkeyPatch, number: str, name: str, birth: BirthDate
) -> None:
    work: list[str] = []
    same = adapter._same

    def compare(given: str, kept: str) -> bool:
        work.append("compare")
        return same(given, kept)

    monkeypatch.setattr(adapter, "_same", compare)

    def match(db: Unit) -> None:
        adapter._match(_Counted(db, work), number, name, str(birth))

    await peopled._database.read(match)
    assert work == ["one", "all", "compare", "compare"]


class _Counted:
    """A unit that writes down what it is asked."""

    def __init__(self, db: Unit, work: list[str]) -> None:
        self._db, self._work = db, work

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def asked(*arguments: Any, **values: Any) -> Any:
            self._work.append(name)
            return getattr(self._db, name)(*arguments, **values)

        return asked


async def test_an_earlier_number_finds_the_person_and_says_so(peopled: SandboxRegister) -> None:
    changed = persona("number-changed")
    assert changed.former is not None
    found = await peopled.find(changed.former.number)
    assert found == await peopled.find(changed.entry.number)
    assert found is not None
    assert (found.key, found.number) == (changed.key, changed.entry.number)
    assert found.previous_numbers == (changed.former.number,)
    assert await peopled.match(changed.former.number, "dang quoc bao", changed.entry.birth) == found


async def test_a_corrected_person_matches_by_the_new_name_only(peopled: SandboxRegister) -> None:
    corrected = persona("name-corrected")
    assert corrected.former is not None
    number, birth = corrected.entry.number, corrected.entry.birth
    assert await peopled.match(number, corrected.former.full_name, birth) is None
    matched = await peopled.match(number, corrected.entry.full_name, birth)
    assert matched is not None
    assert matched.record_version == 2


async def test_every_persona_is_there(peopled: SandboxRegister) -> None:
    for each in PERSONAS:
        found = await peopled.find(each.entry.number)
        assert found is not None
        assert (found.key, found.full_name, found.birth) == (each.key, each.entry.full_name, each.entry.birth)
        assert found.record_version == (2 if each.former else 1)


async def test_a_ward_names_its_guardian(peopled: SandboxRegister) -> None:
    girl = await peopled.by_key(persona("thirteen-year-old").key)
    assert girl is not None
    assert girl.guardian_key == persona("guardian").key


async def test_people_stay_when_the_register_is_opened_again(register_url: str) -> None:
    first = await SandboxRegister.open(register_url)
    await first.fill([somebody()], source=source(1), now=START)
    await first.close()
    again = await SandboxRegister.open(register_url)
    assert await again.find("003190000001") is not None
    await again.close()


async def test_several_may_open_an_empty_register_at_once(register_url: str) -> None:
    opened = await asyncio.gather(*(SandboxRegister.open(register_url) for _ in range(5)))
    for each in opened:
        assert await each.find("003190000001") is None
        await each.close()


async def test_a_register_that_hangs_is_unavailable(peopled: SandboxRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: Any) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(adapter, "LONGEST_WAIT", timedelta(milliseconds=10))
    monkeypatch.setattr(peopled._database, "read", hang)
    with pytest.raises(RegisterUnavailable) as refused:
        await peopled.find(WOMAN.entry.number)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert refused.value.retry_after == timedelta(seconds=30)
    assert timedelta(seconds=3) == port.LONGEST_WAIT


async def test_a_register_that_cannot_be_reached_is_unavailable(
    peopled: SandboxRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> NoReturn:
        raise ConnectionRefusedError

    monkeypatch.setattr(peopled._database, "read", refuse)
    for ask in (
        peopled.find("003190900001"),
        peopled.by_key(WOMAN.key),
        peopled.match("003190900001", "Nguyễn Thị Thu Hà", BirthDate(1990, 5, 12)),
    ):
        with pytest.raises(RegisterUnavailable):
            await ask


async def test_a_register_at_no_known_address_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="sqlite"):
        await SandboxRegister.open("mysql://localhost/register")


async def test_no_person_shows_when_printed(peopled: SandboxRegister) -> None:
    found = await peopled.find(WOMAN.entry.number)
    assert repr(found) == f"Person(key={WOMAN.key!r}, record_version=1)"
