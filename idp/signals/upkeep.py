"""When the sender looks, and when rows go that nobody needs any more."""

from datetime import timedelta

from idp.signals.tables import deliveries, meetings
from idp.storage.sweeping import Sweep

INTERVAL = timedelta(milliseconds=250)
ESCALATION_INTERVAL = timedelta(seconds=5)
LEAVING_INTERVAL = timedelta(hours=1)

SWEEPS = (
    # Longer than a portal is told of what is done to an account at most (`IDP_TOLD_FOR`).
    Sweep(meetings, by=meetings.c.met_at, kept=timedelta(days=62)),
    # Receipts are kept like the record of the acts they belong to.
    Sweep(deliveries, by=deliveries.c.settled_at, kept=timedelta(days=5 * 366)),
)
