"""Attempts are swept a day after their time: until then a late form can be told what happened."""

from datetime import timedelta

from idp.attempts.tables import attempts
from idp.storage.sweeping import Sweep

SWEEPS = (Sweep(attempts, by=attempts.c.expires_at, kept=timedelta(days=1)),)
