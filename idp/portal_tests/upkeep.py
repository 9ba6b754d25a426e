"""Going through the runs that somebody began at the console, and forgetting old ones."""

from datetime import timedelta

from idp.clock import Clock
from idp.portal_tests import runs
from idp.portal_tests.robot import Robot
from idp.portal_tests.runs import LIFETIME
from idp.portal_tests.tables import portal_test_sightings, portal_test_values, portal_tests
from idp.portals.portals import Portals
from idp.storage import Database
from idp.storage.sweeping import Sweep

INTERVAL = timedelta(seconds=2)
"""How long somebody waits for a run to begin."""

SWEEPS = (
    Sweep(portal_tests, by=portal_tests.c.started_at, kept=timedelta(days=400)),
    Sweep(portal_test_values, by=portal_test_values.c.issued_at, kept=LIFETIME),
    Sweep(portal_test_sightings, by=portal_test_sightings.c.seen_at, kept=timedelta(days=2)),
)


async def run_once(database: Database, robot: Robot, portals: Portals, clock: Clock) -> None:
    """End what was broken off, and go through one run that waits, if there is any."""
    if await database.read(runs.any_lost, now=clock.now()):
        await database.run(runs.end_lost, now=clock.now())
    if not await database.read(runs.any_waiting, now=clock.now()):
        return
    run = await database.run(runs.claim, now=clock.now())
    if run is None:
        return
    await portals.refresh(database, now=clock.now())
    portal = portals.by_id(run.portal_id)
    if portal is None:
        await database.run(runs.finish, run, "stopped", run.results, now=clock.now())
        return
    await robot.go_through(run, portal)
