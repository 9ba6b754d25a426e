"""Sealing what was recorded, within a second of its commit."""

from datetime import datetime, timedelta

from idp.audit import chainer
from idp.storage import Database

INTERVAL = timedelta(milliseconds=500)


async def run_once(database: Database, *, now: datetime) -> int:  # noqa: ARG001  (every upkeep takes now)
    """Seal every row that has committed; how many. Any number of workers may call it at once."""
    # Looked at first, so that an idle provider writes nothing.
    if not await database.read(chainer.work_waits):
        return 0
    total = 0
    while sealed := await database.run(chainer.seal_batch):
        total += sealed
        if sealed < chainer.BATCH:
            break
    return total
