"""Sending checkpoints away: to a file, to an HTTP sink, or both.

Neither holds anything up. A sink that is away gets everything in its order when it is back; it may get one twice after
a crash, with the same bytes, and never two that differ under one number.
"""

import asyncio
from pathlib import Path
from typing import Final

import orjson
import structlog

from idp.audit import outbox
from idp.audit.checkpoint_file import CheckpointFile
from idp.clock import Clock
from idp.errors import Refusal
from idp.outbound import Outbound
from idp.storage import Database

_MOST_BYTES: Final = 16 << 10

_log = structlog.get_logger()


class _ForeignFile(Exception):
    """It goes on where this database has not been: the database was restored, or two providers have one file."""


class Exporter:
    """One for a process. A `file` of `Path()` and a `url` of nothing mean that there is no such sink."""

    def __init__(self, database: Database, outbound: Outbound, clock: Clock, *, file: Path, url: str) -> None:
        self._database = database
        self._outbound = outbound
        self._clock = clock
        self._file = file
        self._url = url
        self._trouble = ""

    async def write(self) -> int:
        """Append to the file whatever it does not have yet; how many. What goes wrong is logged once, and tried on."""
        if self._file == Path():
            return 0
        try:
            total = await self._write()
        except OSError as error:
            self._complain(error.strerror or type(error).__name__)
            return 0
        except _ForeignFile:
            self._complain("the file holds what this database has not signed")
            return 0
        self._trouble = ""
        return total

    async def send(self) -> int:
        """Post what waits, one after another, until the sink does not take one; how many it took."""
        if not self._url:
            return 0
        total = 0
        # Looked at first, so that an idle provider writes nothing.
        while await self._database.read(outbox.one_waits, now=self._clock.now()):
            claimed = await self._database.run(outbox.claim, now=self._clock.now())
            if claimed is None:
                break
            if (reason := await self._post(claimed)) is not None:
                _log.warning("checkpoint_not_taken", sequence=claimed.sequence, tries=claimed.tries, reason=reason)
                await self._database.run(outbox.put_back, claimed, now=self._clock.now())
                break
            await self._database.run(outbox.sent, claimed, now=self._clock.now())
            total += 1
        return total

    async def _post(self, claimed: outbox.Claim) -> str | None:
        """None when the sink took it; else why not. A redirect is not followed: an answer like any other."""
        try:
            answer = await self._outbound.post(
                self._url,
                claimed.line.encode() + b"\n",
                content_type="application/x-ndjson",
                most_bytes=_MOST_BYTES,
            )
        except Refusal as refusal:
            return refusal.code
        return None if 200 <= answer.status < 300 else f"status_{answer.status}"

    async def _write(self) -> int:
        file = await asyncio.to_thread(CheckpointFile.open, self._file)
        if file is None:
            return 0
        try:
            return await self._append(file)
        finally:
            await asyncio.to_thread(file.close)

    async def _append(self, file: CheckpointFile) -> int:
        total = 0
        while True:
            last = _sequence(file.last)
            lines = [] if last is None else await self._database.read(outbox.lines_from, max(last, 1))
            if last is None or (last and (not lines or lines[0] != (last, file.last))):
                raise _ForeignFile
            if last:
                await self._note(last)
            fresh = [line for sequence, line in lines if sequence > last]
            if not fresh:
                return total
            await asyncio.to_thread(file.append, fresh)
            total += len(fresh)

    async def _note(self, last: int) -> None:
        reached = (await self._database.read(outbox.standing)).written.sequence
        if reached < last:
            await self._database.run(outbox.written, last, now=self._clock.now())

    def _complain(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.error("checkpoint_file_not_written", reason=trouble)
        self._trouble = trouble


def _sequence(line: bytes | None) -> int | None:
    """The number in a file's last line: 0 where there is no line, None where it is no checkpoint."""
    if line is None:
        return 0
    try:
        number = orjson.loads(line)["sequence"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return number if type(number) is int and number > 0 else None
