"""Where a journal goes: to standard output, to a file that is gone on with, or to an HTTP collector.

Rows go in their order, at least once: who was interrupted begins again after the last position that is known to have
arrived, and a collector that gets a position twice gets the same line.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from idp.audit import journal
from idp.errors import Refusal
from idp.outbound import Outbound, OutboundUnavailable
from idp.storage import Database

LOOKS_AGAIN: Final = 1.0
"""Seconds, where it follows the record as it grows."""

_TRIES: Final = 8
_FIRST_WAIT: Final = 0.5
_MOST_BYTES: Final = 16 << 10


class Destination(Protocol):
    """Takes lines, with their positions."""

    def resumes_after(self) -> int:
        """The last position that it is known to have, 0 at the beginning; raises `journal.JournalUnfit`."""

    async def take(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """Returns when it has them; raises `OSError` or a `Refusal` when it cannot."""


class ToOutput:
    """Standard output knows nothing of what came before."""

    def resumes_after(self) -> int:
        """See `Destination`."""
        return 0

    async def take(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """See `Destination`."""
        sys.stdout.buffer.writelines(line for _, line in lines)
        sys.stdout.buffer.flush()


class ToFile:
    """A file says itself how far it got."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def resumes_after(self) -> int:
        """See `Destination`."""
        return journal.resume(self._path)

    async def take(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """See `Destination`."""
        await asyncio.to_thread(journal.append, self._path, [line for _, line in lines])


class ToCollector:
    """POSTs of up to 500 lines (`application/x-ndjson`), which any 2xx acknowledges; `state` keeps the position."""

    def __init__(self, url: str, outbound: Outbound, state: Path | None = None) -> None:
        self._url = url
        self._outbound = outbound
        self._state = state

    def resumes_after(self) -> int:
        """See `Destination`."""
        if self._state is None:
            return 0
        with suppress(FileNotFoundError):
            text = self._state.read_text("ascii", "replace").strip()
            if not text.isdigit():
                raise journal.JournalUnfit(f"{self._state.name} does not hold a position")
            return int(text)
        return 0

    async def take(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """See `Destination`. One that is away is tried for about a minute."""
        body = b"".join(line for _, line in lines)
        for attempt in range(_TRIES):
            try:
                await self._post(body)
                break
            except OutboundUnavailable:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(_FIRST_WAIT * 2**attempt)
        if self._state is not None:
            fresh = self._state.with_name(self._state.name + ".new")
            fresh.write_text(f"{lines[-1][0]}\n")
            fresh.replace(self._state)

    async def _post(self, body: bytes) -> None:
        answer = await self._outbound.post(self._url, body, content_type="application/x-ndjson", most_bytes=_MOST_BYTES)
        if not 200 <= answer.status < 300:
            raise OutboundUnavailable(f"status {answer.status}")


async def ship(database: Database, to: Destination, *, after: int | None, follow: bool) -> int:
    """Everything that is sealed after a position, `None` where the destination is to be gone on with; how many rows.

    With `follow` it goes on for ever. Raises what the destination raises.
    """
    position = to.resumes_after() if after is None else after
    total = 0
    while True:
        try:
            lines = await database.read(journal.lines_after, position)
        except Refusal:
            if not follow:
                raise
            lines = []  # the database is away for a moment
        if lines:
            await to.take(lines)
            position, total = lines[-1][0], total + len(lines)
        elif follow:
            await asyncio.sleep(LOOKS_AGAIN)
        else:
            return total
