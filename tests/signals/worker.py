"""One worker as a process of its own, to be killed: sends what is due to portals, again and again.

python -m tests.signals.worker DATABASE_URL MASTER_KEY_IN_HEX ISSUER NOW HOST:PORT…
"""

import asyncio
import sys
from datetime import datetime

from idp.clock import Clock
from idp.keys import SigningKeys
from idp.outbound import Outbound
from idp.portals.portals import Portals
from idp.sealing import Keyring, MasterKey
from idp.signals.sending import CONNECTIONS, Sender
from idp.storage import Database


class _Going(Clock):
    """Goes on from a moment with real time."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._ahead = start - Clock().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


async def work(database_url: str, master: str, issuer: str, now: str, *allow: str) -> None:
    """Until it is killed."""
    clock = _Going(datetime.fromisoformat(now))
    database = await Database.open(database_url)
    keyring = await Keyring.unlock(database, MasterKey(bytes.fromhex(master)), now=clock.now())
    keys = await SigningKeys.load(database, keyring, now=clock.now())
    outbound = Outbound(allow=allow, connections=CONNECTIONS)
    sender = Sender(database, keys, await Portals.load(database), outbound, clock, issuer)
    while True:
        await sender.run_once()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
