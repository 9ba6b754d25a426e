"""`kill -9` in the middle of token requests: no code honoured twice, no token without its audit row (F-01)."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.audit import upkeep as audit_upkeep
from idp.audit.verify import verify
from tests.faults.checker import Kept, violations
from tests.faults.customers import SCOPE, Customer, shopping
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import Served, served

CUSTOMERS = 4
BETWEEN = 25  # token requests that are answered before the next kill


def kills(few: int, many: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("times", [few, pytest.param(many, marks=pytest.mark.long)])


@kills(few=8, many=200)
def test_a_worker_is_killed_and_another_goes_on(
    _postgresql_databases: PostgresqlDatabases, tmp_path: Path, times: int
) -> None:
    with _postgresql_databases.lend() as url, served(url, tmp_path, workers=2) as running:
        nothing_is_broken(running, lambda: running.kill_a_worker(), times)


@kills(few=3, many=50)
def test_the_only_process_is_killed_and_started_again(_sqlite_template: Path, tmp_path: Path, times: int) -> None:
    with served(sqlite_copy(_sqlite_template, tmp_path), tmp_path) as running:
        nothing_is_broken(running, running.start_again, times)


def nothing_is_broken(running: Served, strike: Callable[[], object], times: int) -> None:
    """Strike again and again while portals ask for tokens; then compare what they hold with what is written."""
    portal = running.portal(minimum_level=1, refresh="offline", scope=SCOPE)
    with shopping(running, portal, CUSTOMERS) as customers:
        for _ in range(times):
            served_more(customers, BETWEEN)
            time.sleep(secrets.randbelow(100) / 1000)
            strike()
        served_more(customers, BETWEEN)
    answers = [answer for customer in customers for answer in customer.answers]
    database = running.parts.database
    kept = running.run(database.read(Kept.read))
    assert list(violations(kept, answers)) == []
    assert {answer.status for answer in answers} <= {None, 200, 400, 503}
    assert sum(answer.status == 200 for answer in answers) >= BETWEEN * times
    running.run(audit_upkeep.run_once(database, now=running.clock.now()))
    verdict = running.run(verify(database, now=running.clock.now()))
    assert verdict.holds, verdict.fault


def served_more(customers: list[Customer], number: int) -> None:
    """Wait until that many more requests were answered."""

    def answered() -> int:
        return sum(answer.status is not None for customer in customers for answer in customer.answers)

    goal, deadline = answered() + number, time.monotonic() + 120
    while answered() < goal:
        assert time.monotonic() < deadline, "nobody answers any more"
        time.sleep(0.005)
