"""Counts are swept a month after their window, devices a year after the last sign-in there.

A lane that was closed by too many wrong tries in a row opens again with its row gone: after a month without a try.
"""

from datetime import timedelta

from idp.sign_in.devices import KEPT
from idp.sign_in.tables import known_devices, throttles
from idp.storage.sweeping import Sweep

SWEEPS = (
    Sweep(throttles, by=throttles.c.ends_at, kept=timedelta(days=30)),
    Sweep(known_devices, by=known_devices.c.last_seen_at, kept=KEPT),
)
