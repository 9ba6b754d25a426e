"""Counts are swept a month after their window, devices a year after the last sign-in there, certificates on their way
a minute after they could have arrived.

A lane that was closed by too many wrong tries in a row opens again with its row gone: after a month without a try.
"""

from datetime import timedelta

from idp.sign_in.devices import KEPT
from idp.sign_in.tables import certificate_tickets, known_devices, spent_challenges, throttles
from idp.storage.sweeping import Sweep

SWEEPS = (
    Sweep(throttles, by=throttles.c.ends_at, kept=timedelta(days=30)),
    Sweep(known_devices, by=known_devices.c.last_seen_at, kept=KEPT),
    Sweep(certificate_tickets, by=certificate_tickets.c.expires_at, kept=timedelta(minutes=1)),
    Sweep(spent_challenges, by=spent_challenges.c.expires_at, kept=timedelta(minutes=1)),
)
