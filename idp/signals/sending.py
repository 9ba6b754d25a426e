"""Sending what portals are to be told, each portal by itself: a dead one delays nobody else."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import structlog

from idp.clock import Clock
from idp.errors import Refusal
from idp.keys import SigningKeys
from idp.outbound import Outbound
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.signals import logout_tokens
from idp.signals.claims import Claim, PutBack, Settled, claim, portals_with_due, settle
from idp.storage import Database

GIVEN_UP_AFTER: Final = timedelta(hours=24)
LANES: Final = 4
"""Calls to one portal at one time."""

_FIRST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(minutes=10)
_SECONDS: Final = 3.0
_MOST_BYTES: Final = 16 << 10

# Whoever answers so may take it another time (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
_PASSING: Final = frozenset({408, 425, 429})

_log = structlog.get_logger()


class Sender:
    """One for a process. What it has begun goes on between its rounds."""

    def __init__(
        self, database: Database, keys: SigningKeys, portals: Portals, outbound: Outbound, clock: Clock, issuer: str
    ) -> None:
        self._database = database
        self._keys = keys
        self._portals = portals
        self._outbound = outbound
        self._clock = clock
        self._issuer = issuer
        self._lanes: dict[UUID, set[asyncio.Task[None]]] = {}

    async def run_once(self) -> None:
        """Begin to send to every portal that something is due for and that is not being sent to already."""
        due = await self._database.read(portals_with_due, now=self._clock.now())
        for portal_id in due:
            lanes = self._lanes.setdefault(portal_id, set())
            for _ in range(LANES - len(lanes)):
                lane = asyncio.create_task(self._lane(portal_id))
                lanes.add(lane)
                lane.add_done_callback(self._ender(portal_id))

    async def wait(self) -> None:
        """Until nothing is on its way."""
        while running := [lane for lanes in self._lanes.values() for lane in lanes]:
            await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        """Break off. What was on its way is sent again when its claim has run out, with the same `jti`."""
        running = [lane for lanes in self._lanes.values() for lane in lanes]
        for lane in running:
            lane.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ender(self, portal_id: UUID) -> Callable[[asyncio.Task[None]], None]:
        def ended(lane: asyncio.Task[None]) -> None:
            self._lanes[portal_id].discard(lane)
            if not self._lanes[portal_id]:
                del self._lanes[portal_id]
            if not lane.cancelled() and (error := lane.exception()) is not None and not isinstance(error, Refusal):
                _log.error("signal_lane_broke", error=type(error).__name__)

        return ended

    async def _lane(self, portal_id: UUID) -> None:
        """One after another until nothing is due, or the portal is in trouble."""
        while (claimed := await self._database.run(claim, portal_id, now=self._clock.now())) is not None:
            ending = await self._send(claimed, portal_id)
            await self._database.run(settle, claimed, portal_id, ending, now=self._clock.now())
            if isinstance(ending, PutBack):
                return

    async def _send(self, claimed: Claim, portal_id: UUID) -> Settled | PutBack:
        portal = self._portals.by_id(portal_id)
        if portal is None or portal.backchannel_logout_uri is None:
            return Settled("failed", "no_address")
        reason = await self._call(claimed, portal)
        if reason is None:
            return Settled("acknowledged")
        _log.warning("signal_not_taken", delivery=str(claimed.id), portal=portal.client_id, reason=reason)
        now = self._clock.now()
        if reason.startswith("refused_") or now - claimed.queued_at >= GIVEN_UP_AFTER:
            return Settled("failed", reason)
        return PutBack(_again_at(claimed, now), reason)

    async def _call(self, claimed: Claim, portal: Portal) -> str | None:
        """None when the portal took it (§2.8); else why not, `refused_…` where it never will."""
        assert portal.backchannel_logout_uri is not None
        token = logout_tokens.issue(self._keys, claimed, portal, issuer=self._issuer, now=self._clock.now())
        try:
            answer = await self._outbound.post(
                portal.backchannel_logout_uri,
                urlencode({"logout_token": token}).encode(),
                content_type="application/x-www-form-urlencoded",
                seconds=_SECONDS,
                most_bytes=_MOST_BYTES,
            )
        except Refusal as refusal:
            return refusal.code
        if 200 <= answer.status < 300:
            return None
        is_final = 400 <= answer.status < 500 and answer.status not in _PASSING
        return f"refused_{answer.status}" if is_final else f"status_{answer.status}"


def _again_at(claimed: Claim, now: datetime) -> datetime:
    """The wait doubles from try to try; when its time is over it comes up once more, to be given up."""
    wait = min(_FIRST_WAIT * (1 << min(claimed.tries - 1, 20)), _LONGEST_WAIT)
    return min(now + wait, max(claimed.queued_at + GIVEN_UP_AFTER, now + _FIRST_WAIT))
