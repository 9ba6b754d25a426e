"""Sealing what was recorded, within a second of its commit, and signing within a minute how far the chain went."""

import asyncio
from datetime import datetime, timedelta

from idp.audit import chainer, signing
from idp.audit.signing import Signer
from idp.storage import Database

INTERVAL = timedelta(milliseconds=500)
CHECKPOINT_INTERVAL = timedelta(seconds=5)
EXPORT_INTERVAL = timedelta(seconds=2)

_CHECKPOINTS_AT_ONCE = 50
"""In one round: a record from before there were checkpoints is signed in many rounds, and holds nobody up."""


async def run_once(database: Database, *, now: datetime) -> int:  # noqa: ARG001  (every upkeep takes now)
    """Seal every row that has committed; how many. Any number of workers may call it at once."""
    # Looked at first, so that an idle provider writes nothing.
    if not await database.read(chainer.work_waits):
        return 0
    loop, total = asyncio.get_running_loop(), 0
    while True:
        began = loop.time()
        sealed = await database.run(chainer.seal_batch)
        total += sealed
        if sealed < chainer.BATCH:
            return total
        # As long as it worked: a mass act records thousands of rows, and whoever signs in meanwhile has their turn.
        await asyncio.sleep(loop.time() - began)


async def sign_once(database: Database, signer: Signer, *, now: datetime) -> int:
    """Make the checkpoints that are due; how many. Any number of workers may call it at once.

    Raises `idp.audit.signing.CheckpointContradicted` when the record was changed.
    """
    for made in range(_CHECKPOINTS_AT_ONCE):
        if not await database.read(signing.is_due, now=now):
            return made
        if not await database.run(signing.sign_next, signer, now=now):
            return made
    return _CHECKPOINTS_AT_ONCE
