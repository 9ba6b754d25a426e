"""Filling from a long source: every record is accounted for, and memory does not grow with the file."""

import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.register import csv_file, importing
from idp.register.citizen_number import Doubt
from idp.register.csv_file import PeopleFile
from idp.register.faults import Fault, Reason
from idp.register.generator import people
from idp.register.importing import Import, Summary
from idp.register.sandbox import SandboxRegister
from tests.register.conftest import TODAY
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

HEADER = "number,full_name,birth,gender,province,commune,phone\n"


class Importer:
    """Imports files into a register of its own, three people a batch."""

    def __init__(self, register: SandboxRegister, path: Path) -> None:
        self.register = register
        self.path = path
        self.faults: list[Fault] = []
        self.batches = 0

    async def __call__(self, content: str, *, strict: bool = False) -> Summary:
        self.path.write_text(content, encoding="utf-8", newline="")
        return await self.take(strict=strict)

    async def take(self, *, strict: bool = False) -> Summary:
        with PeopleFile(self.path, today=TODAY) as file:
            return await Import(
                register=self.register,
                clock=ManualClock(),
                stated=frozenset(file.columns),
                strict=strict,
                report=self.faults.append,
                advance=self._advance,
            ).run(file)

    def _advance(self) -> None:
        self.batches += 1


@pytest.fixture
async def sqlite_register(tmp_path: Path) -> AsyncIterator[SandboxRegister]:
    opened = await SandboxRegister.open(f"sqlite:///{tmp_path}/register.db")
    yield opened
    await opened.close()


@pytest.fixture
def import_text(sqlite_register: SandboxRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Importer:
    monkeypatch.setattr(importing, "BATCH", 3)
    return Importer(sqlite_register, tmp_path / "people.csv")


def line(serial: int, *, name: str = "Lê Thị Mai", phone: str = "") -> str:
    return f"0031900000{serial:02d},{name},1990,female,01,00103,{phone}\n"


async def test_every_record_is_accounted_for(import_text: Importer) -> None:
    content = HEADER + line(1) + line(2, phone="123") + "\n" + line(3) + line(1) + line(3, name="Lê Thị Lan") + "x\n"
    summary = await import_text(content)
    assert summary.as_json() == {
        "added": 2,
        "updated": 0,
        "unchanged": 1,
        "refused": 3,
        "reasons": {"bad_phone": 1, "column_count": 1, "said_twice": 1},
        "doubts": {},
        "stopped_at_line": None,
    }
    assert not summary.complete
    assert set(import_text.faults) == {
        Fault(3, Reason.BAD_PHONE, "phone"),
        Fault(7, Reason.SAID_TWICE),
        Fault(8, Reason.COLUMN_COUNT),
    }
    assert import_text.batches == 2


async def test_an_import_again_updates_only_what_changed(import_text: Importer) -> None:
    await import_text(HEADER + line(1) + line(2))
    summary = await import_text(HEADER + line(1) + line(2, phone="0591000002") + line(3))
    assert (summary.added, summary.updated, summary.unchanged) == (1, 1, 1)
    first, second = [await import_text.register.find(f"00319000000{serial}") for serial in (1, 2)]
    assert first
    assert second
    assert (first.record_version, second.record_version) == (1, 2)


async def test_a_strict_import_stops_and_writes_nothing_of_the_batch(import_text: Importer) -> None:
    content = HEADER + "".join(line(serial) for serial in range(1, 6)) + line(6, phone="123") + line(7)
    summary = await import_text(content, strict=True)
    assert (summary.added, summary.stopped_at, summary.refused.total()) == (3, 7, 1)
    there = [serial for serial in range(1, 8) if await import_text.register.find(f"00319000000{serial}")]
    assert there == [1, 2, 3]


async def test_a_strict_import_stops_at_what_the_register_refuses_too(import_text: Importer) -> None:
    content = HEADER + line(1) + line(2) + line(1, name="Lê Thị Lan") + line(3)
    summary = await import_text(content, strict=True)
    assert (summary.added, summary.stopped_at, dict(summary.refused)) == (0, 4, {Reason.SAID_TWICE: 1})
    assert await import_text.register.find("003190000001") is None
    assert "Stopped at line 4" in str(summary)


async def test_odd_numbers_are_counted_and_taken(import_text: Importer) -> None:
    summary = await import_text(HEADER + "999012345678,Lê Văn Nam,1990-01-01,female,01,00103,\n")
    assert (summary.added, summary.complete) == (1, True)
    assert summary.doubts == dict.fromkeys(Doubt, 1)
    assert "unknown prefix 1" in str(summary)


async def test_memory_does_not_grow_with_the_file(
    sqlite_register: SandboxRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 500)
    importer = Importer(sqlite_register, tmp_path / "people.csv")
    with importer.path.open("w", encoding="utf-8", newline="") as file:
        csv_file.write(people(20_000, seed=4), file)
    held: list[int] = []
    monkeypatch.setattr(importer, "_advance", lambda: held.append(_resident_bytes()))
    summary = await importer.take()
    assert (summary.added, summary.complete) == (20_000, True)
    assert len(held) == 40
    assert max(held[8:]) - held[7] < 16 * 2**20


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
