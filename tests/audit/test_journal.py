"""The journal: every sealed row once, in order, gone on with where it ended, and nobody's name in it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete

from idp.audit import LOCAL_OPERATOR, journal, record
from idp.audit.canonical import GENESIS
from idp.audit.events import SuspensionEnded
from idp.audit.journal import JournalUnfit
from idp.audit.missing import missing
from idp.audit.shipping import ToCollector, ToFile, ship
from idp.audit.tables import audit_events
from idp.audit.upkeep import run_once
from idp.outbound import Outbound, OutboundNotAllowed, OutboundUnavailable
from idp.storage import Database, Statement
from tests.audit.conftest import Acts
from tests.support.clock import ManualClock
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

ACCOUNT, ACT = UUID(int=5), UUID(int=6)
MEMBERS = {
    *("schema", "position", "id", "at", "event", "account_id", "portal_id", "actor", "reference", "details"),
    *("kept", "hash"),
}


@pytest.fixture
async def collector() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_row_is_a_line_with_all_that_the_record_has(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    ended = SuspensionEnded(intervention_id=ACT)
    await database.run(
        lambda db: record(db, ended, now=clock.now(), account_id=ACCOUNT, reference="7F3K", actor=LOCAL_OPERATOR)
    )
    await run_once(database, now=clock.now())
    file = tmp_path / "journal.jsonl"
    assert await ship(database, ToFile(file), after=None, follow=False) == 1
    [row] = rows(file)
    assert set(row) == MEMBERS
    assert row | {"id": "", "hash": ""} == {
        "schema": 1,
        "position": 1,
        "id": "",
        "at": "2026-11-16T02:00:00+00:00",
        "event": "suspension_ended",
        "account_id": str(ACCOUNT),
        "portal_id": None,
        "actor": "local_operator",
        "reference": "7F3K",
        "details": {"intervention_id": str(ACT)},
        "kept": "permanently",
        "hash": "",
    }
    assert len(str(row["hash"])) == 2 * len(GENESIS)


async def test_a_file_is_gone_on_with_where_it_ended(
    sealed: Database, clock: ManualClock, acts: Acts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "journal.jsonl"
    assert await ship(sealed, ToFile(file), after=None, follow=False) == 10
    whole = file.read_bytes()
    for cut in (0, 1, len(whole) // 2, len(whole) - 1, len(whole)):
        file.write_bytes(whole[:cut])
        await ship(sealed, ToFile(file), after=None, follow=False)
        assert file.read_bytes() == whole, "the same row always gives the same line"
    await acts(3)
    assert await ship(sealed, ToFile(file), after=None, follow=False) == 0, "unsealed rows are not final"
    await run_once(sealed, now=clock.now())
    assert await ship(sealed, ToFile(file), after=None, follow=False) == 3
    assert [row["position"] for row in rows(file)] == list(range(1, 14))


async def test_any_position_can_be_the_beginning(sealed: Database, tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    assert await ship(sealed, ToFile(file), after=7, follow=False) == 3
    assert [row["position"] for row in rows(file)] == [8, 9, 10]


A_ROW: dict[str, object] = {
    "schema": 1,
    "position": 1,
    "id": str(ACT),
    "at": "2026-11-16T02:00:00+00:00",
    "event": "suspension_ended",
    "account_id": None,
    "details": {},
}
CHANGES: tuple[tuple[str, object], ...] = (
    *(("schema", 2), ("position", "1"), ("position", None), ("id", "x"), ("id", 1), ("id", None), ("at", 1)),
    *(("event", []), ("details", []), ("details", "x")),
)
NO_ROWS = (
    *("xxx\n", "{}\n", "[]\n", "1\n", '{"schema":1,"position":1}\n'),
    *(json.dumps(A_ROW | {name: value}) + "\n" for name, value in CHANGES),
    *(json.dumps({name: A_ROW[name] for name in A_ROW if name != left_out}) + "\n" for left_out in A_ROW),
)


@pytest.mark.parametrize("text", NO_ROWS)
async def test_nothing_is_added_to_what_is_no_journal(sealed: Database, tmp_path: Path, text: str) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(text)
    with pytest.raises(JournalUnfit):
        await ship(sealed, ToFile(file), after=None, follow=False)
    assert file.read_text() == text


async def test_a_collector_gets_every_row_and_the_position_is_kept(
    sealed: Database, clock: ManualClock, acts: Acts, collector: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.shipping._FIRST_WAIT", 0)
    answers = iter([answer(status="503 Service Unavailable"), answer(status="302 Found"), *[answer()] * 9])
    collector.answer_to = lambda _: next(answers)
    outbound, state = Outbound(allow=[collector.here]), tmp_path / "position"
    to = ToCollector(f"http://{collector.here}/siem", outbound, state)
    assert await ship(sealed, to, after=None, follow=False) == 10
    assert state.read_text() == "10\n"
    await acts(2)
    await run_once(sealed, now=clock.now())
    assert await ship(sealed, to, after=None, follow=False) == 2
    bodies = [request.partition(b"\r\n\r\n")[2] for request in collector.requests]
    assert [len(body.splitlines()) for body in bodies] == [10, 10, 10, 2]
    assert bodies[0] == bodies[1] == bodies[2], "what was not acknowledged is sent again as it was"
    await outbound.close()


async def test_a_collector_that_stays_away_is_given_up(
    sealed: Database, collector: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.shipping._FIRST_WAIT", 0)
    collector.answer = answer(status="500 Internal Server Error")
    outbound, state = Outbound(allow=[collector.here]), tmp_path / "position"
    with pytest.raises(OutboundUnavailable):
        await ship(sealed, ToCollector(f"http://{collector.here}/", outbound, state), after=None, follow=False)
    assert not state.exists()
    nobody = Outbound()
    with pytest.raises(OutboundNotAllowed):
        await ship(sealed, ToCollector(f"https://{collector.here}/", nobody, state), after=None, follow=False)
    assert len(collector.requests) == 8
    await outbound.close()
    await nobody.close()


async def test_it_follows_a_record_that_grows(
    sealed: Database, clock: ManualClock, acts: Acts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.shipping.LOOKS_AGAIN", 0.01)
    file = tmp_path / "journal.jsonl"
    following = asyncio.create_task(ship(sealed, ToFile(file), after=None, follow=True))
    await acts(4)
    await run_once(sealed, now=clock.now())
    async with asyncio.timeout(10):
        while not file.exists() or len(rows(file)) < 14:
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert [row["position"] for row in rows(file)] == list(range(1, 15))


async def test_what_a_restored_database_has_forgotten_is_listed(
    database: Database, clock: ManualClock, acts: Acts, tmp_path: Path
) -> None:
    """Ten minutes are gone, with an act in them; sign-ins are in --all alone."""
    ended = SuspensionEnded(intervention_id=ACT)
    await acts(2)
    await database.run(lambda db: record(db, ended, now=clock.advance(minutes=5), account_id=ACCOUNT))
    await acts(1)
    await run_once(database, now=clock.now())
    file = tmp_path / "journal.jsonl"
    await ship(database, ToFile(file), after=None, follow=False)
    assert await missing(database, journal.read(file), everything=True) == []
    await database.run(lambda db: db.execute(Statement(delete(audit_events).where(audit_events.c.position > 2))))
    [act] = await missing(database, journal.read(file), everything=False)
    assert (act["event"], act["account_id"]) == ("suspension_ended", str(ACCOUNT))
    assert act["details"] == {"intervention_id": str(ACT)}
    assert [row["position"] for row in await missing(database, journal.read(file), everything=True)] == [3, 4]


@pytest.mark.parametrize("text", NO_ROWS)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(json.dumps(A_ROW) + "\n" + text)
    lines = journal.read(file)
    assert next(lines) == A_ROW
    with pytest.raises(JournalUnfit, match="line 2 is no row of a journal"):
        next(lines)
