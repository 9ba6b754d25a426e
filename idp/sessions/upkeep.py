"""Sessions are swept a month after their end: until then a person can see where they were signed in."""

from datetime import timedelta

from idp.sessions.tables import sessions
from idp.storage.sweeping import Sweep

SWEEPS = (Sweep(sessions, by=sessions.c.ends_at, kept=timedelta(days=30)),)
