"""The sender, and when rows go that nobody needs any more."""

from datetime import timedelta

from idp.clock import Clock
from idp.notices.caps import COUNTED_FOR
from idp.notices.drivers import Sender
from idp.notices.many import BULK
from idp.notices.sending import send_due
from idp.notices.tables import notice_counts, notices, sandbox_notices
from idp.sealing import Keyring
from idp.storage import Database
from idp.storage.sweeping import Sweep

INTERVAL = timedelta(milliseconds=500)
MAIL_INTERVAL = timedelta(seconds=2)
BULK_INTERVAL = timedelta(seconds=1)

_BULK_REST = timedelta(milliseconds=20)

SWEEPS = (
    # A day longer than its message is worth sending: a request that is repeated late is still known.
    Sweep(notices, by=notices.c.expires_at, kept=timedelta(days=1)),
    Sweep(notice_counts, by=notice_counts.c.last_at, kept=COUNTED_FOR),
    Sweep(sandbox_notices, by=sandbox_notices.c.sent_at, kept=timedelta(days=1)),
)


async def run_once(database: Database, keyring: Keyring, sender: Sender, *, clock: Clock, channel: str = "sms") -> int:
    """Send every notice that is due; how many were handled. Any number of workers may call it at once.

    It takes as long as the gateway does, so it needs a timer of its own, and the clock instead of a moment. Cancelled,
    it first finishes the calls that were begun; cancelled again, it leaves their notices claimed: nobody sends them.
    """
    return await send_due(database, keyring, sender, channel=channel, clock=clock)


async def run_bulk_once(database: Database, keyring: Keyring, sender: Sender, *, clock: Clock) -> int:
    """The same for messages to many people at once: one after another, and slowly, so that nobody else waits for it."""
    return await send_due(database, keyring, sender, channel=BULK, clock=clock, lanes=1, rest=_BULK_REST)
