"""Used assertions are swept when they have expired; every process reads the portals anew each second."""

from datetime import timedelta

from idp.portals.tables import client_assertions
from idp.storage.sweeping import Sweep

REFRESH_INTERVAL = timedelta(seconds=1)
"""How often each process calls `Portals.refresh`."""

SWEEPS = (Sweep(client_assertions, by=client_assertions.c.kept_until, kept=timedelta(0)),)
