"""Spent codes and replaced refresh tokens are kept long enough to recognise a second use, then swept."""

from datetime import timedelta

from idp.storage.sweeping import Sweep
from idp.tokens.tables import codes, grants, refresh_tokens

SWEEPS = (
    Sweep(codes, by=codes.c.expires_at, kept=timedelta(days=1)),
    Sweep(refresh_tokens, by=refresh_tokens.c.expires_at, kept=timedelta(days=7)),
    Sweep(grants, by=grants.c.expires_at, kept=timedelta(days=30)),
)
