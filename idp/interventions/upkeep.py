"""When suspensions that end by themselves are looked for."""

from datetime import timedelta

from idp.interventions.ending import end_due as run_once

__all__ = ["INTERVAL", "run_once"]

INTERVAL = timedelta(seconds=5)
