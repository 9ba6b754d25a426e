"""One worker as a process of its own, to be killed: sends what is due to an HTTP gateway, again and again.

python -m tests.notices.worker DATABASE_URL MASTER_KEY_IN_HEX GATEWAY_URL NOW
"""

import asyncio
import sys
from datetime import datetime
from urllib.parse import urlsplit

from idp.notices.drivers import HttpGateway
from idp.notices.upkeep import run_once
from idp.outbound import Outbound
from idp.sealing import Keyring, MasterKey, Secret
from idp.storage import Database
from tests.support.clock import ManualClock


async def work(database_url: str, master: str, url: str, now: str) -> None:
    """Until it is killed."""
    clock = ManualClock(datetime.fromisoformat(now))
    database = await Database.open(database_url)
    keyring = await Keyring.unlock(database, MasterKey(bytes.fromhex(master)), now=clock.now())
    outbound = Outbound(allow=[urlsplit(url).netloc])
    sender = HttpGateway(outbound, url=url, user="", password=Secret("x"), sender="DinhDanh")
    while True:
        await run_once(database, keyring, sender, clock=clock)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
