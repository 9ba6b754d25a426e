"""Sending what portals are to be told, each portal by itself: a dead one delays nobody else."""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog

from idp.clock import Clock
from idp.errors import Refusal
from idp.keys import SigningKeys
from idp.outbound import Outbound
from idp.portals.portals import Portals
from idp.signals.calling import Caller
from idp.signals.claims import portals_with_due
from idp.signals.desk import Desk
from idp.signals.line import Line, Places
from idp.storage import Database

MOST_LINES: Final = 384
"""Portals that one process sends to at one time."""

MOST_FURTHER: Final = 64
"""Calls beyond one for each of them."""

CONNECTIONS: Final = MOST_LINES + MOST_FURTHER
"""What the way out needs, so that nobody waits there for a portal that hangs."""

_log = structlog.get_logger()


class Sender:
    """One for a process. What it has begun goes on between its rounds. `outbound` has `CONNECTIONS`, of its own."""

    def __init__(
        self, database: Database, keys: SigningKeys, portals: Portals, outbound: Outbound, clock: Clock, issuer: str
    ) -> None:
        self._database = database
        self._desk = Desk(database)
        self._portals = portals
        self._clock = clock
        self._caller = Caller(keys, outbound, clock, issuer)
        self._places = Places(MOST_FURTHER)
        self._lines: dict[UUID, Line] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def run_once(self) -> None:
        """Begin to send to every portal that something is due for and that is not being sent to already."""
        due = await self._database.read(portals_with_due, now=self._clock.now())
        idle = [each for each in due if each.portal_id not in self._running]
        for each in idle[: MOST_LINES - len(self._running)]:
            running = asyncio.create_task(self._line(each.portal_id).run(is_test=each.is_tested))
            self._running[each.portal_id] = running
            running.add_done_callback(self._ender(each.portal_id))

    async def wait(self) -> None:
        """Until nothing is on its way."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def close(self) -> None:
        """Break off. What was on its way is sent again when its claim has run out, with the same `jti`."""
        for running in self._running.values():
            running.cancel()
        await self.wait()

    def _line(self, portal_id: UUID) -> Line:
        if portal_id not in self._lines:
            self._lines[portal_id] = Line(portal_id, self._desk, self._portals, self._caller, self._clock, self._places)
        return self._lines[portal_id]

    def _ender(self, portal_id: UUID) -> Callable[[asyncio.Task[None]], None]:
        def ended(line: asyncio.Task[None]) -> None:
            del self._running[portal_id]
            if not line.cancelled() and (error := line.exception()) is not None and not isinstance(error, Refusal):
                _log.error("signal_line_broke", error=type(error).__name__)

        return ended
