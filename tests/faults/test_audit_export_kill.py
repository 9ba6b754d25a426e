"""`kill -9` of processes that record, seal, sign and send at once: no row, no checkpoint is lost or comes to differ."""

import asyncio
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from idp.audit import upkeep
from idp.audit.checkpoint import Checkpoint
from idp.audit.exporting import Exporter
from idp.clock import Clock
from idp.outbound import Outbound
from idp.storage import Database
from tests.audit.checkpoints import SIGNER, held_against, lines_of
from tests.support.processes import Program
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

_SECRET = SIGNER.key.private_bytes_raw().hex()
_PROCESSES = 2


@pytest.mark.parametrize("times", [4, pytest.param(100, marks=pytest.mark.long)])
async def test_killed_at_any_moment(database_url: str, tmp_path: Path, times: int) -> None:
    file = tmp_path / "checkpoints.jsonl"
    async with serving() as sink:
        sink.answer = answer(b"", status="204 No Content")
        url = f"http://{sink.here}/checkpoints"
        with ExitStack() as stack:
            workers = [stack.enter_context(_worker(database_url, file, url)) for _ in range(_PROCESSES)]
            for _ in range(times):
                await _more(sink, 4)
                await asyncio.sleep(secrets.randbelow(200) / 1000)
                struck = secrets.choice(workers)
                struck.kill()
                workers.remove(struck)
                workers.append(stack.enter_context(_worker(database_url, file, url)))
            await _more(sink, 4)
        lines = await _finished(database_url, sink, file, url)
        sent = [request.partition(b"\r\n\r\n")[2].removesuffix(b"\n") for request in sink.requests]
    assert len(lines) >= 4 * times
    assert file.read_bytes().splitlines() == lines, "each once, in order, whole"
    assert list(dict.fromkeys(sent)) == lines, "in order at the first coming, and never another under its number"
    assert len(sent) <= len(lines) + times, "twice only where a process died"


@contextmanager
def _worker(database_url: str, file: Path, url: str) -> Iterator[Program]:
    command: list[str | Path] = [sys.executable, "-m", "tests.faults.audit_exporter", database_url, file, url, _SECRET]
    program = Program.start(command, log=file.with_suffix(".log"))
    try:
        yield program
    finally:
        program.kill()


async def _more(sink: Server, number: int) -> None:
    """Until the sink was sent that many more."""
    goal = len(sink.requests) + number
    async with asyncio.timeout(60):
        while len(sink.requests) < goal:
            await asyncio.sleep(0.01)


async def _finished(database_url: str, sink: Server, file: Path, url: str) -> list[bytes]:
    """What the dead have left is taken up; every line then, held against the rows."""

    database, clock, outbound = await Database.open(database_url), Clock(), Outbound(allow=[sink.here])
    # When every claim of the dead has run out, and a checkpoint over the last rows is due.
    clock.offset += timedelta(minutes=2)
    exporter = Exporter(database, outbound, clock, file=file, url=url)
    await upkeep.run_once(database, now=clock.now())
    await upkeep.sign_once(database, SIGNER, now=clock.now())
    await exporter.write()
    await exporter.send()
    lines = await lines_of(database)
    verdict = await held_against(database, lines, now=clock.now())
    assert (verdict.fault, verdict.checkpoint_fault, verdict.unsealed) == ("", "", 0)
    assert verdict.checkpoints == len(lines)
    assert verdict.rows == Checkpoint.read(lines[-1], [SIGNER.key.public_key()]).position
    await outbound.close()
    await database.close()
    return lines
