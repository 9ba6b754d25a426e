"""`kill -9` in the middle of a mass act: every account has its turn, once, with all that belongs to it (F-32)."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from idp.accounts.tables import accounts
from idp.audit import upkeep as audit_upkeep
from idp.audit.tables import audit_events
from idp.audit.verify import verify
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.figures import progress
from idp.interventions.mass.jobs import Job, JobState, MemberState
from idp.interventions.tables import interventions, mass_members
from idp.signals.tables import deliveries
from idp.storage import Statement, Unit
from tests.interventions.mass.crowd import begun, crowd
from tests.support.forging import claims_of
from tests.support.house import House
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import Served, served

_AT_ONCE: Final = 100
_PATIENCE: Final = 120  # seconds without anything happening, on a machine that has much else to do

_MEMBERS: Final = Statement(select(mass_members).where(mass_members.c.job_id == bindparam("job")))
_ACTS: Final = Statement(select(interventions.c.id, interventions.c.account_id, interventions.c.job_id))
_MADE: Final = Statement(select(audit_events.c.account_id).where(audit_events.c.event == "intervention_made"))
_TOLD: Final = Statement(select(deliveries.c.id, deliveries.c.act_id, deliveries.c.account_id, deliveries.c.portal_id))
_STATES: Final = Statement(select(accounts.c.id, accounts.c.state))


@dataclass(frozen=True)
class Kept:
    """What is in the database after it, each row once."""

    members: dict[UUID, tuple[str, UUID | None]]
    acts: list[tuple[UUID, UUID]]
    made: Counter[UUID]
    told: Counter[tuple[UUID, UUID, UUID]]
    states: dict[UUID, str]

    @classmethod
    def read(cls, db: Unit, job_id: UUID) -> "Kept":
        """All of it."""
        return cls(
            {row.account_id: (row.state, row.act_id) for row in db.all(_MEMBERS, job=job_id)},
            [(row.account_id, row.id) for row in db.all(_ACTS) if row.job_id == job_id],
            Counter(row.account_id for row in db.all(_MADE)),
            Counter((row.act_id, row.account_id, row.portal_id) for row in db.all(_TOLD)),
            {row.id: row.state for row in db.all(_STATES)},
        )


class Hearing(ThreadingHTTPServer):
    """A portal's end of the line: takes every logout token, and remembers whom it was about."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Heard)
        self.heard: dict[str, str] = {}

    @property
    def here(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Heard(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        claims = claims_of(parse_qs(body)["logout_token"][0])
        cast(Hearing, self.server).heard[claims["jti"]] = claims["sub"]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: each token is one of hundreds."""


@contextmanager
def hearing() -> Iterator[Hearing]:
    """A portal that listens."""
    with Hearing() as portal:
        thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield portal
        finally:
            portal.shutdown()
            thread.join()


def kills(few: tuple[int, int], many: tuple[int, int]) -> pytest.MarkDecorator:
    """How many people, and how many times somebody is killed."""
    return pytest.mark.parametrize(("people", "times"), [few, pytest.param(*many, marks=pytest.mark.long)])


@kills(few=(200, 2), many=(6_000, 60))
def test_workers_are_killed_and_others_go_on(
    _postgresql_databases: PostgresqlDatabases, tmp_path: Path, people: int, times: int
) -> None:
    with (
        _postgresql_databases.lend() as url,
        hearing() as portal,
        served(url, tmp_path, workers=2, outbound_allow=portal.here) as running,
    ):
        nothing_is_lost(running, portal, lambda: running.kill_a_worker(), people, times)


@kills(few=(100, 1), many=(3_000, 20))
def test_the_only_process_is_killed_and_started_again(
    _sqlite_template: Path, tmp_path: Path, people: int, times: int
) -> None:
    url = sqlite_copy(_sqlite_template, tmp_path)
    with hearing() as portal, served(url, tmp_path, outbound_allow=portal.here) as running:
        nothing_is_lost(running, portal, running.start_again, people, times)


def nothing_is_lost(running: Served, portal: Hearing, strike: Callable[[], object], people: int, times: int) -> None:
    """Strike again and again while accounts are revoked and the portal is told; then compare what is written."""
    parts = running.parts
    house = House(parts.settings, running.clock, parts.database, parts.keyring, parts.keys)
    listens = running.portal(backchannel_logout_uri=f"http://{portal.here}/logout")
    known = parts.portals.get(listens.client_id)
    assert known is not None
    members = [
        member
        for _ in range(people // _AT_ONCE)
        for member in running.run(crowd(house, _AT_ONCE, signed_in_at=[known.id]))
    ]
    job = running.run(begun(house, members))
    struck = 0
    while struck < times and left(running, job) > 0:
        goes_on(running, job)
        time.sleep(secrets.randbelow(100) / 1000)
        strike()
        struck += 1
    assert struck > 0
    wait_until(lambda: running.run(house.database.read(mass_jobs.find, job.id)).state is JobState.DONE)
    wait_until(lambda: len(portal.heard) >= people)

    kept = running.run(house.database.read(Kept.read, job.id))
    assert kept.states == {member.id: "revoked" for member in members}
    assert {account: state for account, (state, _) in kept.members.items()} == dict.fromkeys(kept.states, "done")
    assert Counter(account for account, _ in kept.acts) == Counter(kept.states.keys())
    assert {(account, act) for account, (_, act) in kept.members.items()} == set(kept.acts)
    assert kept.made == Counter(kept.states.keys())
    assert kept.told == Counter((act, account, known.id) for account, act in kept.acts)
    assert len(portal.heard) == people, "a portal heard of one account by two names"
    assert len(set(portal.heard.values())) == people
    running.run(audit_upkeep.run_once(house.database, now=running.clock.now()))
    verdict = running.run(verify(house.database, now=running.clock.now()))
    assert verdict.holds, verdict.fault


def left(running: Served, job: Job) -> int:
    """How many members still wait."""
    return running.run(progress(running.parts.database, job.id, members=job.members))[MemberState.WAITING]


def goes_on(running: Served, job: Job) -> None:
    """Wait until somebody has had their turn since, or nobody is left."""
    before = left(running, job)
    wait_until(lambda: left(running, job) < before or before == 0)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "nobody works any more"
        time.sleep(0.02)
