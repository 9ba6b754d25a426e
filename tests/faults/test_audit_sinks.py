"""Sinks that are away, hang, refuse or break: no checkpoint is lost, none comes twice with another content, the order
stays, and nothing else waits (F-26)."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from idp.audit import outbox
from idp.audit.checkpoint import Checkpoint
from idp.audit.checkpoint_file import CheckpointFile
from idp.audit.exporting import Exporter
from idp.audit.outbox import HELD, standing
from idp.audit.tables import audit_checkpoints
from idp.audit.upkeep import run_once, sign_once
from idp.outbound import Outbound
from idp.storage import Database, Statement
from tests.audit.checkpoints import SIGNER, held_against, lines_of, sign_all
from tests.audit.conftest import refuse_often
from tests.support.clock import ManualClock
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sink() -> AsyncIterator[Server]:
    async with serving() as server:
        server.answer = answer(b"", status="204 No Content")
        yield server


@dataclass
class House:
    """A record that grows, its checkpoints, and where they go."""

    database: Database
    clock: ManualClock
    file: Path
    url: str
    allow: tuple[str, ...]
    ways_out: list[Outbound] = field(default_factory=list)

    def exporter(self, database: Database | None = None) -> Exporter:
        """That of a process of its own."""
        outbound = Outbound(allow=self.allow)
        self.ways_out.append(outbound)
        return Exporter(database or self.database, outbound, self.clock, file=self.file, url=self.url)

    async def grow(self, checkpoints: int = 1) -> list[bytes]:
        """So many more, a minute apart; every line there is."""
        for _ in range(checkpoints):
            await self.database.run(refuse_often, self.clock, 3)
            await run_once(self.database, now=self.clock.advance(minutes=1))
            assert await sign_once(self.database, SIGNER, now=self.clock.now()) == 1
        return await lines_of(self.database)


@pytest.fixture
async def house(database: Database, clock: ManualClock, sink: Server, tmp_path: Path) -> AsyncIterator[House]:
    file = tmp_path / "checkpoints.jsonl"
    known = House(database, clock, file, f"http://{sink.here}/checkpoints", (sink.here,))
    yield known
    for outbound in known.ways_out:
        await outbound.close()


def taken(sink: Server) -> list[bytes]:
    """The lines that it was sent, in the order of their first coming."""
    return list(dict.fromkeys(request.partition(b"\r\n\r\n")[2].removesuffix(b"\n") for request in sink.requests))


def written(house: House) -> list[bytes]:
    return house.file.read_bytes().splitlines()


async def test_both_sinks_get_every_line_in_order(house: House, sink: Server) -> None:
    exporter = house.exporter()
    lines = await house.grow(3)
    assert (await exporter.write(), await exporter.send()) == (3, 3)
    lines = await house.grow(2)
    assert (await exporter.write(), await exporter.send()) == (2, 2)
    assert (await exporter.write(), await exporter.send()) == (0, 0)
    assert written(house) == taken(sink) == lines
    assert len(sink.requests) == 5
    assert b"content-type: application/x-ndjson" in sink.requests[0].lower()
    found = await house.database.read(standing)
    assert found.written == found.sent
    assert (found.sent.sequence, found.sent.waits_since) == (5, None)


@pytest.mark.parametrize(
    "away",
    [
        answer(b"", status="500 Internal Server Error"),
        answer(b"", status="302 Found", headers="Location: http://127.0.0.1:1/\r\n"),
        answer(b"", status="404 Not Found"),
        answer(b"x" * (1 << 20)),
        b"no HTTP at all\r\n\r\n",
    ],
    ids=["answers 500", "redirects", "answers 404", "answers a megabyte", "speaks no HTTP"],
)
async def test_a_sink_that_is_away_for_half_an_hour_gets_all_in_order(house: House, sink: Server, away: bytes) -> None:
    exporter = house.exporter()
    good, sink.answer = sink.answer, away
    for _ in range(30):
        lines = await house.grow()
        assert await exporter.send() == 0
    assert set(taken(sink)) <= {lines[0]}, "the others wait behind the first"
    found = await house.database.read(standing)
    assert (found.sent.sequence, found.sequence) == (0, 30)
    assert found.sent.waits_since == Checkpoint.read(lines[0], [SIGNER.key.public_key()]).at
    sink.answer, sink.requests = good, []
    house.clock.advance(minutes=2)
    assert await exporter.send() == 30
    assert taken(sink) == lines
    assert len(sink.requests) == 30


async def test_a_sink_is_asked_less_and_less_often(house: House, sink: Server) -> None:
    exporter = house.exporter()
    sink.answer = answer(b"", status="500 Internal Server Error")
    await house.grow()
    asked = []
    for second in range(200):
        before = len(sink.requests)
        await exporter.send()
        if len(sink.requests) > before:
            asked.append(second)
        house.clock.advance(seconds=1)
    assert asked == [0, 1, 3, 7, 15, 31, 63, 123, 183]


async def test_a_sink_that_hangs_keeps_nothing_else_waiting(house: House, sink: Server) -> None:
    """Rows are sealed and signed and the file is written while the call hangs; the call is given up."""
    exporter, hangs, released = house.exporter(), asyncio.Event(), asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        hangs.set()
        await released.wait()

    sink.respond = hang
    await house.grow()
    sending = asyncio.create_task(exporter.send())
    await hangs.wait()
    lines = await house.grow(2)
    assert await exporter.write() == 3
    assert written(house) == lines
    assert not sending.done()
    assert await sending == 0
    released.set()
    sink.respond = None
    house.clock.advance(minutes=1)
    assert await exporter.send() == 3
    assert taken(sink) == lines


async def test_a_private_address_that_nobody_listed_is_not_called(house: House, sink: Server) -> None:
    house.allow = ()
    lines = await house.grow()
    assert await house.exporter().send() == 0
    assert sink.connections == 0
    house.allow = (sink.here,)
    house.clock.advance(minutes=1)
    assert await house.exporter().send() == 1
    assert taken(sink) == lines


async def test_workers_send_each_once_and_in_order(house: House, sink: Server, database_url: str) -> None:
    others = [await Database.open(database_url) for _ in range(2)]
    lines = await house.grow(12)
    workers = [house.exporter(database) for database in (house.database, *others) for _ in range(2)]
    done = 0
    while done < 12:
        done += sum(await asyncio.gather(*(worker.send() for worker in workers)))
    assert taken(sink) == lines
    assert len(sink.requests) == 12
    assert sum(await asyncio.gather(*(worker.write() for worker in workers))) == 12
    assert written(house) == lines
    for other in others:
        await other.close()


async def test_what_a_dead_process_was_sending_is_sent_again_by_another(house: House, sink: Server) -> None:
    """The sink may have had it: it gets the same bytes, and nothing after them before."""
    lines = await house.grow(2)
    claimed = await house.database.run(outbox.claim, now=house.clock.now())
    assert claimed is not None
    assert await house.exporter().send() == 0
    house.clock.advance(seconds=HELD.total_seconds())
    assert await house.exporter().send() == 2
    assert taken(sink) == lines


async def test_a_line_that_was_cut_short_is_finished_wherever_it_was_cut(house: House) -> None:
    """By kill -9 or a full disk: the rest of it is added, and nothing is taken out of the file."""
    lines = await house.grow(3)
    whole = b"".join(line + b"\n" for line in lines)
    for cut in (*range(3), *range(len(lines[0]) - 2, len(lines[0]) + 4), *range(0, len(whole) + 1, 97), len(whole)):
        house.file.write_bytes(whole[:cut])
        await house.exporter().write()
        assert house.file.read_bytes() == whole, cut


_UNTIL_FULL = """
import resource, sys
from pathlib import Path
from idp.audit.checkpoint_file import CheckpointFile
_, path, limit, *lines = sys.argv
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
CheckpointFile.open(Path(path)).append([line.encode() for line in lines])
"""


async def test_a_disk_that_is_full_loses_nothing(house: House) -> None:
    """A limit on the file's size stands for the disk's: the write comes back short, then fails."""
    lines = await house.grow(3)
    words = [line.decode() for line in lines]
    for limit in (0, 100, len(lines[0]), len(lines[0]) + 1, len(lines[0]) + 50):
        house.file.unlink(missing_ok=True)
        command = [sys.executable, "-c", _UNTIL_FULL, str(house.file), str(limit), *words]
        full = subprocess.run(command, capture_output=True, text=True)
        assert "OSError" in full.stderr
        assert house.file.stat().st_size == limit
        await house.exporter().write()
        assert written(house) == lines
    assert (await house.database.read(standing)).written.waits_since is None


async def test_a_file_that_cannot_be_written_is_written_when_it_can(house: House) -> None:
    house.file = house.file.parent / "not mounted" / "checkpoints.jsonl"
    lines = await house.grow(2)
    exporter = house.exporter()
    assert await exporter.write() == 0
    assert (await house.database.read(standing)).written.sequence == 0
    house.file.parent.mkdir()
    assert await exporter.write() == 2
    assert written(house) == lines


async def test_a_file_that_another_process_writes_is_left_to_it(house: House) -> None:
    await house.grow()
    other = CheckpointFile.open(house.file)
    assert other is not None
    assert await house.exporter().write() == 0
    other.close()
    assert await house.exporter().write() == 1


async def test_a_file_that_was_taken_away_is_written_anew(house: House) -> None:
    exporter = house.exporter()
    await house.grow(2)
    await exporter.write()
    house.file.unlink()
    lines = await house.grow()
    assert await exporter.write() == 3
    assert written(house) == lines


@pytest.mark.parametrize("end", [b"{}\n", b"\n", b"xxx\n", b'{"sequence":99}\n', b'{"sequence":2}\n'])
async def test_nothing_is_added_to_a_file_of_somebody_else(house: House, end: bytes) -> None:
    """Or of this provider before its database was restored: what it says then must not be mixed with what it said."""
    lines = await house.grow(2)
    held = b"".join(line + b"\n" for line in lines) + end
    house.file.write_bytes(held)
    await house.grow()
    assert await house.exporter().write() == 0
    assert house.file.read_bytes() == held


async def test_a_restored_database_does_not_go_on_in_the_old_file(house: House) -> None:
    exporter = house.exporter()
    lines = await house.grow(4)
    await exporter.write()
    restored = update(audit_checkpoints).where(audit_checkpoints.c.sequence == 4).values(line=lines[0].decode())
    await house.database.run(lambda db: db.execute(Statement(restored)))
    assert await exporter.write() == 0
    assert written(house) == lines


async def test_what_was_kept_elsewhere_proves_the_record(house: House, sink: Server) -> None:
    await house.grow(5)
    exporter = house.exporter()
    await exporter.write()
    await exporter.send()
    await sign_all(house.database, now=house.clock.now())
    for kept in (written(house), taken(sink)):
        verdict = await held_against(house.database, kept, now=house.clock.now())
        assert (verdict.holds, verdict.rows, verdict.checkpoints) == (True, 15, 5)
