"""Portals that listen for logout tokens, and somebody who is signed in at them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from idp.accounts.finding import Account
from idp.outbound import Outbound
from idp.portals import registering
from idp.portals.portals import Portals
from idp.portals.reading import read_portals
from idp.signals.ledger import Receipt, receipts
from idp.signals.queueing import note_meeting, tell_of_accounts
from idp.signals.sending import CONNECTIONS, Sender
from idp.storage.identifiers import new_id
from tests.support.house import House
from tests.support.portal_file import portal_file, portal_members
from tests.support.small_server import Server


@dataclass
class Listening:
    """`servers[n]` is where the portal `portal-n` listens."""

    house: House
    woman: Account
    servers: list[Server]
    portals: Portals
    outbound: Outbound
    senders: list[Sender] = field(default_factory=list)

    @classmethod
    async def build(
        cls, house: House, woman: Account, servers: list[Server], *, beyond: Sequence[str] = (), **stated: Any
    ) -> Self:
        """`beyond` are addresses of further portals, which no server of a test answers at; `stated` is what every
        portal's file says."""
        addresses = [*(f"http://{server.here}/logout" for server in servers), *beyond]
        members = [
            portal_members(f"portal-{n}", backchannel_logout_uri=address, **stated)
            for n, address in enumerate(addresses)
        ]
        portals = read_portals(portal_file(*members), demo=True)
        await house.database.run(registering.register, portals, now=house.clock.now())
        outbound = Outbound(allow=[urlsplit(address).netloc for address in addresses], connections=CONNECTIONS)
        return cls(house, woman, servers, await Portals.load(house.database), outbound)

    def portal_id(self, number: int) -> UUID:
        portal = self.portals.get(f"portal-{number}")
        assert portal is not None
        return portal.id

    async def meets(self, number: int, session_id: UUID, *, sub: str = "who", sid: str = "session") -> None:
        """The portal got an ID token in this session."""
        house = self.house
        await house.database.run(
            note_meeting,
            session_id=session_id,
            portal_id=self.portal_id(number),
            account_id=self.woman.id,
            sub=sub,
            sid=sid,
            listens=True,
            now=house.clock.now(),
        )

    async def ends(self, *sessions: UUID) -> UUID:
        """Everything of hers ends by an act; `sessions` lived until then."""
        now = self.house.clock.now()
        act = new_id(now)
        since = now - timedelta(days=30)
        await self.house.database.run(tell_of_accounts, {self.woman.id: act}, living=sessions, since=since, now=now)
        return act

    def sender(self, outbound: Outbound | None = None) -> Sender:
        """Of one more worker."""
        house, out = self.house, outbound or self.outbound
        sender = Sender(house.database, house.keys, self.portals, out, house.clock, house.settings.issuer)
        self.senders.append(sender)
        return sender

    async def sends(self) -> None:
        """One round of one worker, to its end."""
        sender = self.sender()
        await sender.run_once()
        await sender.wait()

    async def receipts(self, act: UUID) -> list[Receipt]:
        return await self.house.database.read(receipts, act)

    def heard(self, number: int) -> list[dict[str, Any]]:
        """The claims of every logout token that the portal was sent, verified as a portal does."""
        house, tokens = self.house, [logout_token(request) for request in self.servers[number].requests]
        return [
            house.keys.verify(
                token,
                typ="logout+jwt",
                algorithms=["ES256"],
                issuer=house.settings.issuer,
                audience=f"portal-{number}",
                allow_expired=True,
                now=house.clock.now(),
            )
            for token in tokens
        ]

    async def hears_of(self, number: int, times: int) -> UUID:
        """So many sessions of hers at a portal end by one act."""
        sessions = [new_id(self.house.clock.now()) for _ in range(times)]
        for session in sessions:
            await self.meets(number, session, sid=str(session))
        return await self.ends(*sessions)

    async def close(self) -> None:
        for sender in self.senders:
            await sender.close()
        with suppress(asyncio.CancelledError):
            await self.outbound.close()


def logout_token(request: bytes) -> str:
    """The token in the body of a request as it came."""
    return parse_qs(request.partition(b"\r\n\r\n")[2].decode())["logout_token"][0]
