"""What one process sends to one portal: one call at a time first, more while the portal takes them, none when it does
not."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from idp.clock import Clock
from idp.portals.portals import Portals
from idp.signals import figures
from idp.signals.calling import Caller
from idp.signals.claims import claim, claim_a_test
from idp.signals.desk import Desk
from idp.signals.settling import GIVEN_UP_AFTER, Ending, give_up_old, is_trouble, settle, settle_and_claim

WIDEST: Final = 16
"""Calls to one portal at one time."""

_WELL_NOTED_EVERY: Final = timedelta(seconds=10)


class Places:
    """Calls that all lines of a process together may make beyond the first of each."""

    def __init__(self, free: int) -> None:
        self._free = free

    def take(self, wanted: int) -> int:
        """As many of those wanted as are free."""
        taken = min(max(wanted, 0), self._free)
        self._free -= taken
        return taken

    def give_back(self, number: int) -> None:
        """Others may have them."""
        self._free += number


class Line:
    """One for a portal, for as long as the process lives."""

    def __init__(
        self, portal_id: UUID, desk: Desk, portals: Portals, caller: Caller, clock: Clock, places: Places
    ) -> None:
        self._portal_id = portal_id
        self._desk = desk
        self._portals = portals
        self._caller = caller
        self._clock = clock
        self._places = places
        self._well_noted_at: datetime | None = None

    async def run(self, *, is_test: bool) -> None:
        """Send until nothing is due or the portal is in trouble. A test sends one, and goes on when that is taken.

        Cancelled, it breaks off: what was on its way is sent again when its claim has run out, with the same `jti`.
        """
        begin = claim_a_test if is_test else partial(claim, most=1)
        claimed = await self._desk.run(begin, self._portal_id, now=self._clock.now())
        calls: set[asyncio.Task[Ending]] = set()
        further = 0
        if is_test:
            self._well_noted_at = None
        try:
            while claimed or calls:
                portal = self._portals.by_id(self._portal_id)
                calls |= {asyncio.create_task(self._caller.call(each, portal)) for each in claimed}
                ended, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                endings = [call.result() for call in ended]
                if any(map(is_trouble, endings)):
                    endings += await asyncio.gather(*calls)
                    await self._stop(endings)
                    return
                # Twice as wide as it was, where others leave the places.
                further += self._places.take(min(2 * (further + 1), WIDEST) - 1 - further)
                claimed = await self._desk.run(
                    settle_and_claim,
                    self._portal_id,
                    endings,
                    note_well=self._is_to_be_noted(),
                    most=further + 1 - len(calls),
                    now=self._clock.now(),
                )
                figures.count(endings, now=self._clock.now())
        finally:
            self._places.give_back(further)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _stop(self, endings: Iterable[Ending]) -> None:
        """Write down what became of the last calls; then give up what waits too long for a portal that takes
        nothing."""
        ended, now = list(endings), self._clock.now()
        since = await self._desk.run(settle, self._portal_id, ended, note_well=False, now=now)
        figures.count(ended, now=now)
        reason = next(ending.reason for ending in ended if is_trouble(ending))
        if since is not None and now - since >= GIVEN_UP_AFTER:
            while await self._desk.run(give_up_old, self._portal_id, reason, now=now):
                continue

    def _is_to_be_noted(self) -> bool:
        """Whether to write that all is well: after a test, and from time to time."""
        now = self._clock.now()
        if self._well_noted_at is not None and now - self._well_noted_at < _WELL_NOTED_EVERY:
            return False
        self._well_noted_at = now
        return True
