"""Emptying the outbox.

A lane claims one notice, calls the gateway outside any transaction, and settles it in the transaction that claims the
next. What dies in between loses at most one message a lane, and nothing is sent twice.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from idp.clock import Clock
from idp.notices.claims import (
    Claim,
    GivenUp,
    PutBack,
    Sent,
    Settlement,
    claim,
    how_many_due,
    settle,
    settle_and_claim,
)
from idp.notices.content import Content
from idp.notices.drivers import DeliveryFailed, Sender
from idp.sealing import Keyring, SealBroken
from idp.storage import Database

LANES: Final = 8
"""Messages that one process has on the way at once."""

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=5)

_log = structlog.get_logger()


class Round:
    """One emptying of the outbox: any number of lanes that run side by side."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        sender: Sender,
        channel: str,
        clock: Clock,
        rest: timedelta = timedelta(),
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._sender = sender
        self._channel = channel
        self._clock = clock
        self._rest = rest.total_seconds()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; calls that were begun are finished."""
        self._stopping = True

    async def lane(self) -> int:
        """Send one notice after another until nothing is due; how many were handled.

        A gateway that is in trouble ends the lane: what else waits, waits for the next round.
        """
        handled = 0
        claimed = await self._database.run(claim, self._channel, now=self._clock.now())
        while claimed:
            settlement = await self._attempt(claimed)
            handled += 1
            claimed = await self._next(settlement)
        return handled

    async def _next(self, settlement: Settlement) -> Claim | None:
        """Write down how one ended, and take another; None where the lane ends."""
        if not (self._stopping or self._rest or isinstance(settlement, PutBack)):
            return await self._database.run(settle_and_claim, settlement, self._channel, now=self._clock.now())
        await self._database.run(settle, settlement, now=self._clock.now())
        if not isinstance(settlement, PutBack):
            await asyncio.sleep(self._rest)
            if not self._stopping:
                return await self._database.run(claim, self._channel, now=self._clock.now())
        return None

    async def _attempt(self, claimed: Claim) -> Settlement:
        try:
            content = Content.open(self._keyring, claimed.content, claimed.id)
        except SealBroken:
            _log.error("notice_does_not_open", notice=str(claimed.id))
            return GivenUp(claimed.id, "failed", claimed.tries, None)
        if claimed.expires_at <= self._clock.now():
            return GivenUp(claimed.id, "expired", claimed.tries - 1, content.account_id)
        if content.decoy:
            return Sent(claimed.id)
        return await self._hand_over(claimed, content)

    async def _hand_over(self, claimed: Claim, content: Content) -> Settlement:
        try:
            await self._sender.send(content.to, content.text, reference=claimed.id)
        except DeliveryFailed as failed:
            _log.warning("notice_not_sent", notice=str(claimed.id), reason=failed.reason, tries=claimed.tries)
            if not failed.permanent:
                return PutBack(claimed.id, _again_at(claimed, self._clock.now()))
        except Exception as error:
            # A driver's bug: whether the message went out is unknown. The text may quote it, so only the type is told.
            _log.error("notice_driver_broke", notice=str(claimed.id), error=type(error).__name__)
        else:
            return Sent(claimed.id)
        return GivenUp(claimed.id, "failed", claimed.tries, content.account_id)


def _again_at(claimed: Claim, now: datetime) -> datetime:
    """The wait doubles from try to try; when its time is over a notice comes up once more, to be given up."""
    wait = min(_FIRST_WAIT * (1 << min(claimed.tries - 1, 10)), _LONGEST_WAIT)
    return min(now + wait, claimed.expires_at)


async def send_due(
    database: Database,
    keyring: Keyring,
    sender: Sender,
    *,
    channel: str,
    clock: Clock,
    lanes: int = LANES,
    rest: timedelta = timedelta(),
) -> int:
    """Send what is due, in several lanes that rest between messages; how many notices were handled.

    When the database goes away this raises `DatabaseBusy`, after every lane has ended. Cancelled, it lets the calls
    that were begun come to their end, a few seconds: a provider that is restarted loses no message.
    """
    # Looked at first, so that an idle provider writes nothing.
    due = await database.read(how_many_due, channel, now=clock.now())
    sending = Round(database, keyring, sender, channel, clock, rest)
    running = asyncio.gather(*(sending.lane() for _ in range(min(due, lanes))), return_exceptions=True)
    try:
        ended = await asyncio.shield(running)
    except asyncio.CancelledError:
        sending.stop()
        await running
        raise
    if faults := [result for result in ended if isinstance(result, BaseException)]:
        raise faults[0]
    return sum(result for result in ended if isinstance(result, int))
