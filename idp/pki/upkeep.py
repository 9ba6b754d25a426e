"""Reading the trust list anew in every process, and fetching revocation lists before somebody waits for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.audit import record
from idp.audit.events import RevocationSourceFailed, RevocationSourceWorks
from idp.storage import Unit

REFRESH_INTERVAL = timedelta(seconds=1)
"""How often each process calls `Checking.refresh`: whoever is distrusted vouches for nobody a second later."""

INTERVAL = timedelta(minutes=1)
"""How often each process calls `Checking.fetch_ahead`."""


def record_sources(db: Unit, before: Mapping[str, str], after: Mapping[str, str], *, now: datetime) -> None:
    """Say which addresses fail since last time, or fail otherwise, and which work again.

    Both map addresses to the reason of the failure, empty where there is none. Each process says what it has seen.
    """
    for url, reason in after.items():
        if reason == before.get(url, ""):
            continue
        event = RevocationSourceFailed(source=url, reason=reason) if reason else RevocationSourceWorks(source=url)
        record(db, event, now=now)
