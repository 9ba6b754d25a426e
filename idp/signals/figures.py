"""Figures for monitoring: how many deliveries ended how, and how long an act took until a portal had it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Histogram

from idp.signals.settling import Ending, Taken

_TRIES: Final = Counter("idp_signals", "Calls to portals that tell them of an end, by what came of it.", ["outcome"])
_SECONDS: Final = Histogram(
    "idp_signal_seconds",
    "From an act until a portal had taken it.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
)


def count(endings: Iterable[Ending], *, now: datetime) -> None:
    """Count tries that have ended: `taken`, `failed` for good, or `nottaken`, to be tried again."""
    for ending in endings:
        _TRIES.labels(type(ending).__name__.lower()).inc()
        if isinstance(ending, Taken):
            _SECONDS.observe((now - ending.claim.queued_at).total_seconds())
