"""Taking a portal through the self-test as the command does, in a hurry, and reading what was found."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any

from idp.audit import LOCAL_OPERATOR
from idp.portal_tests import report, runs
from idp.portal_tests.findings import Result, Verdict
from idp.portal_tests.robot import Robot, check
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.runs import Run, Wanted
from idp.portal_tests.trial import Pace
from idp.portals import registering
from idp.portals.portal import Portal
from tests.support.ports import free_ports
from tests.support.provider import Provider

PORTS = free_ports(4)
HASTE = Pace(
    keys=timedelta(milliseconds=20),
    access=timedelta(milliseconds=20),
    turning=timedelta(milliseconds=20),
)

_ports: Iterator[int] = cycle(PORTS)


def a_port() -> int:
    """One that the provider may call."""
    return next(_ports)


def registered(provider: Provider, members: dict[str, Any]) -> Portal:
    """As `idp portals add --replace` does it."""
    provider.register(members, replace=True)
    return provider.run(provider.parts.database.read(registering.find, members["client_id"])).portal


def begun(provider: Provider, portal: Portal, *, claimed: bool = True, **wanted: Any) -> Run:
    """A run that nobody has gone through yet."""
    parts = provider.parts
    check(portal, wanted.get("start_url"), wanted.get("probe_url"))
    keys = provider.run(RunKeys.make(portal))
    beginning = partial(runs.begin, by=LOCAL_OPERATOR, claimed=claimed, now=provider.clock.now())
    return provider.run(parts.database.run(beginning, Wanted(portal.id, **wanted), keys, parts.keyring))


def robot(provider: Provider, pace: Pace = HASTE) -> Robot:
    """One that is in a hurry."""
    parts = provider.parts
    return Robot(parts.database, parts.keyring, parts.outbound, parts.clock, provider.issuer, pace)


def tried(provider: Provider, members: dict[str, Any], *, pace: Pace = HASTE, **wanted: Any) -> Run:
    """The run when it has ended."""
    portal = registered(provider, members)
    run = begun(provider, portal, **wanted)
    provider.run(robot(provider, pace).go_through(run, portal))
    return provider.run(provider.parts.database.read(runs.find, run.id))


def found(run: Run) -> dict[str, Result]:
    """Its results by step."""
    return {result.step: result for result in report.results_of(run)}


def not_well(run: Run) -> dict[str, tuple[str, str]]:
    """What is not as it must be: verdict and what was seen, by step."""
    wrong = (Verdict.FAILED, Verdict.WARNING)
    results = found(run).items()
    return {
        step: (each.finding.verdict.value, each.finding.seen) for step, each in results if each.finding.verdict in wrong
    }
