"""Reading the trust list anew in every process, and fetching revocation lists before somebody waits for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.audit import record
from idp.audit.events import RevocationSourceFailed, RevocationSourceWorks
from idp.pki.checking import Checking
from idp.storage import Database, Unit

REFRESH_INTERVAL = timedelta(seconds=1)
"""How often each process calls `Checking.refresh`: whoever is distrusted vouches for nobody a second later."""

INTERVAL = timedelta(minutes=1)


async def run_once(checking: Checking, database: Database, *, now: datetime) -> None:
    """Fetch ahead, and say in the audit which sources fail since last time, or work again."""
    await checking.fetch_ahead(at=now)
    if changed := checking.changed_sources():
        await database.run(_record, changed, now=now)
        checking.note_told(changed)


def _record(db: Unit, changed: Mapping[str, str], *, now: datetime) -> None:
    for url, reason in changed.items():
        event = RevocationSourceFailed(source=url, reason=reason) if reason else RevocationSourceWorks(source=url)
        record(db, event, now=now)
