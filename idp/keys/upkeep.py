"""Reading the keys anew in every process, and destroying the private parts of dead ones."""

from datetime import datetime, timedelta

from idp.keys import rotation
from idp.storage import Database

REFRESH_INTERVAL = timedelta(seconds=1)
"""How often each process calls `SigningKeys.refresh`; `idp.keys.rotation.TAKEN_UP` counts on it."""

INTERVAL = timedelta(minutes=1)


async def run_once(database: Database, *, now: datetime) -> int:
    """Bury what has died; how many keys."""
    # Looked at first, so that an idle provider writes nothing.
    if not await database.read(rotation.unburied, now=now):
        return 0
    return await database.run(rotation.bury, now=now)
