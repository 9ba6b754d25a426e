"""Spent codes and replaced refresh tokens are kept long enough to recognise a second use, then swept.

Pushed requests are kept for longer than any attempt to sign in may last; used proofs go table by table.
"""

from datetime import timedelta

from idp.storage.sweeping import Sweep
from idp.tokens.tables import codes, grants, pushed_requests, refresh_tokens

PROOFS_INTERVAL = timedelta(minutes=1)
"""How often each process looks whether a table of used proofs can be emptied (`used_proofs.empty_quiet`)."""

SWEEPS = (
    Sweep(pushed_requests, by=pushed_requests.c.expires_at, kept=timedelta(hours=2)),
    Sweep(codes, by=codes.c.expires_at, kept=timedelta(days=1)),
    Sweep(refresh_tokens, by=refresh_tokens.c.expires_at, kept=timedelta(days=7)),
    Sweep(grants, by=grants.c.expires_at, kept=timedelta(days=30)),
)
