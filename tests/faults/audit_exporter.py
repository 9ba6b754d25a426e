"""A process that records, seals, signs and sends checkpoints as fast as it can, to be killed in the middle of it.

python -m tests.faults.audit_exporter DATABASE_URL FILE SINK_URL KEY_IN_HEX
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.audit import outbox, record, signing
from idp.audit.events import SignInRefused
from idp.audit.exporting import Exporter
from idp.audit.signing import Signer
from idp.audit.upkeep import run_once
from idp.clock import Clock
from idp.outbound import Outbound
from idp.storage import Database, Unit

ISSUER = "https://op.test"


def act(db: Unit, clock: Clock) -> None:
    for _ in range(3):
        record(db, SignInRefused(method="password", reason="wrong_password"), now=clock.now())


async def work(database_url: str, file: Path, sink_url: str, key: Ed25519PrivateKey) -> None:
    # A test need not wait as long as a provider may.
    outbox.HELD = timedelta(seconds=4)  # type: ignore[misc]
    clock, signer = Clock(), Signer(ISSUER, key)
    database = await Database.open(database_url)
    outbound = Outbound(allow=[sink_url.removeprefix("http://").partition("/")[0]])
    exporter = Exporter(database, outbound, clock, file=file, url=sink_url)

    async def again_and_again(write: bool) -> None:
        while True:
            if write:
                await database.run(act, clock)
                await run_once(database, now=clock.now())
                await database.run(signing.sign_next, signer, now=clock.now())
                await exporter.write()
            else:
                await exporter.send()
                await asyncio.sleep(0)

    await asyncio.gather(again_and_again(True), again_and_again(False))


if __name__ == "__main__":
    _, url, path, sink, secret = sys.argv
    asyncio.run(work(url, Path(path), sink, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))))
