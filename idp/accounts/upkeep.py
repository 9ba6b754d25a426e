"""Codes and unfinished activations are swept a day after their time."""

from datetime import timedelta

from idp.accounts.tables import activation_codes, activations, one_time_codes
from idp.storage.sweeping import Sweep

SWEEPS = tuple(
    Sweep(table, by=table.c.expires_at, kept=timedelta(days=1))
    for table in (one_time_codes, activations, activation_codes)
)
