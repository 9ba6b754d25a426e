"""Carrying it out: each member once, in one transaction with all that belongs to it, by any number of workers."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from idp.accounts.tables import accounts
from idp.audit.tables import audit_events
from idp.interventions.intervening import intervene
from idp.interventions.mass import figures as mass_figures
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import MassJobUnfit, MassJobUnknown
from idp.interventions.mass.pace import Pace
from idp.interventions.orders import Act, Order
from idp.signals.ledger import receipts
from idp.storage import Database, Statement
from idp.storage.identifiers import new_id
from idp.storage.refusals import DatabaseBusy
from tests.interventions.mass.crowd import (
    ACTS,
    DELIVERIES,
    EVENTS,
    MADE,
    MEMBERS,
    begun,
    crowd,
    job_state,
    member_states,
    order,
    prepared,
    rows,
    states,
    works,
)
from tests.support.house import House

pytestmark = pytest.mark.anyio

FINISHED: Final = Statement(select(audit_events).where(audit_events.c.event == "mass_act_finished"))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few people are several batches."""
    monkeypatch.setattr(mass_upkeep, "Pace", partial(Pace, accounts=3, fewest=3, most=3, rest=0))


async def test_everybody_has_their_turn_once(house: House) -> None:
    portal_id = new_id(house.clock.now())
    members, other = await crowd(house, 7, signed_in_at=[portal_id]), (await crowd(house, 1))[0]
    job = await begun(house, members)
    assert await works(house) == 7
    assert await works(house) == 0
    assert await job_state(house, job) == "done"
    assert await states(house) == {**{each.id: "revoked" for each in members}, other.id: "active"}
    acts = {row.account_id: row.id for row in await rows(house, ACTS, job=job.id)}
    assert acts.keys() == {each.id for each in members}
    assert {row.account_id: row.act_id for row in await rows(house, MEMBERS, job=job.id)} == acts
    assert {row.account_id: row.number for row in await rows(house, MADE)} == dict.fromkeys(acts, 1)
    told = Counter(row.account_id for row in await rows(house, DELIVERIES))
    assert told == Counter(acts.keys())
    [receipt] = await house.database.read(receipts, acts[members[0].id])
    assert receipt.portal_id == portal_id


async def test_the_record_says_who_prepared_and_who_began_it(house: House) -> None:
    await begun(house, await crowd(house, 2))
    await works(house)
    told = {(row.event, row.actor) for row in await rows(house, EVENTS)}
    assert told == {("mass_act_prepared", "staff"), ("mass_act_begun", "other"), ("mass_act_finished", None)}


async def test_nothing_is_done_before_it_is_begun(house: House) -> None:
    members = await crowd(house, 2)
    await prepared(house, members)
    assert await works(house) == 0
    assert set((await states(house)).values()) == {"active"}


async def test_whoever_cannot_be_revoked_is_left_out_and_said_so(house: House) -> None:
    members = await crowd(house, 4)
    early = order(Act.REVOKE, basis="Quyết định 1/2026", actor="another")
    await house.database.run(intervene, house.keyring, members[1].id, early, now=house.clock.now())
    job = await begun(house, members)
    await works(house)
    found = await member_states(house, job)
    assert found == {each.id: "unfit" if each == members[1] else "done" for each in members}
    assert await job_state(house, job) == "done"


async def test_paused_it_stops_and_goes_on_where_it_was(house: House) -> None:
    members = await crowd(house, 7)
    job = await begun(house, members)
    database, now = house.database, house.clock.now()
    assert await database.run(mass_upkeep.batch, house.keyring, job.id, last=2, now=now) == 2
    await database.run(mass_jobs.pause, job.id, actor="staff", now=now)
    assert await works(house) == 0
    assert await database.run(mass_upkeep.batch, house.keyring, job.id, now=now) == 0
    await database.run(mass_jobs.resume, job.id, actor="staff", now=now)
    assert await works(house) == 5
    assert set((await states(house)).values()) == {"revoked"}
    assert {row.number for row in await rows(house, MADE)} == {1}


async def test_cancelled_it_stays_as_far_as_it_was(house: House) -> None:
    members = await crowd(house, 5)
    job = await begun(house, members)
    database, now = house.database, house.clock.now()
    await database.run(mass_upkeep.batch, house.keyring, job.id, last=2, now=now)
    await database.run(mass_jobs.cancel, job.id, actor="staff", now=now)
    assert await works(house) == 0
    assert Counter((await states(house)).values()) == Counter(active=3, revoked=2)
    for step in (mass_jobs.begin, mass_jobs.pause, mass_jobs.resume, mass_jobs.cancel):
        with pytest.raises(MassJobUnfit):
            await database.run(step, job.id, actor="staff", now=now)


async def test_a_job_that_there_is_not_is_unknown(house: House) -> None:
    for step in (mass_jobs.begin, mass_jobs.pause, mass_jobs.resume, mass_jobs.cancel):
        with pytest.raises(MassJobUnknown):
            await house.database.run(step, new_id(house.clock.now()), actor="staff", now=house.clock.now())


async def test_begun_twice_it_begins_once(house: House) -> None:
    job = await prepared(house, await crowd(house, 1))

    async def begin() -> str:
        try:
            await house.database.run(mass_jobs.begin, job.id, actor="other", now=house.clock.now())
        except MassJobUnfit:
            return "refused"
        return "begun"

    assert sorted(await asyncio.gather(begin(), begin(), begin())) == ["begun", "refused", "refused"]


async def test_what_would_be_over_already_does_not_begin(house: House) -> None:
    until = house.clock.advance(hours=1)
    job = await prepared(house, await crowd(house, 1), order(Act.SUSPEND, until=until))
    house.clock.advance(hours=1)
    with pytest.raises(MassJobUnfit):
        await house.database.run(mass_jobs.begin, job.id, actor="other", now=house.clock.now())


async def test_workers_at_once_repeat_nothing(house: House) -> None:
    portal_id = new_id(house.clock.now())
    members = await crowd(house, 40, signed_in_at=[portal_id])
    job = await begun(house, members)
    handled = await asyncio.gather(*(works(house) for _ in range(4)))
    await works(house)
    assert sum(handled) == 40
    assert await job_state(house, job) == "done"
    assert {row.number for row in await rows(house, MADE)} == {1}
    assert len(await rows(house, ACTS, job=job.id)) == 40
    assert len(await rows(house, DELIVERIES)) == 40


async def test_jobs_take_turns(house: House) -> None:
    first, second = await crowd(house, 4), await crowd(house, 4)
    jobs = [await begun(house, first), await begun(house, second, order(Act.SUSPEND))]
    assert await works(house) == 8
    assert [await job_state(house, job) for job in jobs] == ["done", "done"]


async def spoils(house: House, account_id: Any) -> None:
    """What no key opens."""
    broken = Statement(update(accounts).where(accounts.c.id == account_id).values(phone_sealed=b"broken"))
    await house.database.once(broken)


async def test_one_account_that_breaks_it_stops_nobody_else(house: House) -> None:
    members = await crowd(house, 7)
    await spoils(house, members[4].id)
    job = await begun(house, members)
    await works(house)
    assert await job_state(house, job) == "done"
    found = await states(house)
    assert found.pop(members[4].id) == "active"
    assert set(found.values()) == {"revoked"}
    assert (await member_states(house, job))[members[4].id] == "failed"
    assert {row.number for row in await rows(house, MADE)} == {1}


async def test_where_every_account_breaks_it_it_waits_for_somebody(house: House) -> None:
    members = await crowd(house, 2)
    for each in members:
        await spoils(house, each.id)
    job = await begun(house, members)
    await works(house)
    assert await job_state(house, job) == "paused"
    assert set((await member_states(house, job)).values()) == {"waiting"}


async def test_where_only_one_that_breaks_it_is_left_the_job_ends(house: House) -> None:
    members = await crowd(house, 3)
    await spoils(house, members[2].id)
    job = await begun(house, members)
    await house.database.run(mass_upkeep.batch, house.keyring, job.id, last=2, now=house.clock.now())
    await works(house)
    assert await job_state(house, job) == "done"
    assert list((await member_states(house, job)).values()) == ["done", "done", "failed"]


async def test_where_from_somewhere_on_every_account_breaks_it_it_waits_for_somebody(house: House) -> None:
    members = await crowd(house, 8)
    for each in members[2:]:
        await spoils(house, each.id)
    job = await begun(house, members)
    await house.database.run(mass_upkeep.batch, house.keyring, job.id, last=2, now=house.clock.now())
    await works(house)
    assert await job_state(house, job) == "paused"
    assert Counter((await member_states(house, job)).values()) == Counter(done=2, waiting=6)


@dataclass
class Seen:
    """The database as one worker sees it: `before` is called with each batch's job and range."""

    database: Database
    before: Callable[[UUID, range], Awaitable[None]]

    @property
    def read(self) -> Any:
        return self.database.read

    async def run(self, unit: Any, *args: Any, **said: Any) -> Any:
        if unit is mass_upkeep.batch:
            await self.before(args[1], range(said.get("first", 1), said.get("last", 1_000) + 1))
        return await self.database.run(unit, *args, **said)

    async def works(self, house: House) -> int:
        return await mass_upkeep.run_once(cast(Database, self), house.keyring, clock=house.clock)


async def test_what_another_worker_did_stays_done_where_this_one_failed_at_it(house: House) -> None:
    job = await begun(house, await crowd(house, 7))

    async def deadlock(_: UUID, positions: range) -> None:
        if len(positions) > 1:
            raise RuntimeError
        if 3 in positions:
            await house.database.run(mass_upkeep.batch, house.keyring, job.id, now=house.clock.now())
            raise RuntimeError

    await Seen(house.database, deadlock).works(house)
    assert await job_state(house, job) == "done"
    assert set((await member_states(house, job)).values()) == {"done"}


async def test_an_account_in_other_hands_keeps_back_neither_the_others_nor_the_next_job(house: House) -> None:
    first, second = await crowd(house, 4), await crowd(house, 4)
    jobs = [await begun(house, first), await begun(house, second, order(Act.SUSPEND))]

    async def hold_the_first(job_id: UUID, positions: range) -> None:
        if job_id == jobs[0].id and 1 in positions:
            raise DatabaseBusy

    with capture_logs() as said:
        assert await Seen(house.database, hold_the_first).works(house) == 7
    assert {line["error"][0] for line in said} == {"idp.storage.refusals.DatabaseBusy"}
    assert list((await member_states(house, jobs[0])).values()) == ["waiting", "done", "done", "done"]
    assert [await job_state(house, job) for job in jobs] == ["running", "done"]
    assert await works(house) == 1
    assert await job_state(house, jobs[0]) == "done"


async def test_a_job_whose_end_has_passed_is_not_resumed(house: House) -> None:
    until = house.clock.now() + timedelta(hours=1)
    job = await begun(house, await crowd(house, 1), order(Act.SUSPEND, until=until))
    await house.database.run(mass_jobs.pause, job.id, actor="staff", now=house.clock.now())
    house.clock.advance(hours=1)
    with pytest.raises(MassJobUnfit):
        await house.database.run(mass_jobs.resume, job.id, actor="staff", now=house.clock.now())
    assert await job_state(house, job) == "paused"


async def test_a_job_whose_end_passes_meanwhile_pauses_unless_all_had_their_turn(house: House) -> None:
    until = house.clock.now() + timedelta(hours=1)
    short, done = await crowd(house, 3), await crowd(house, 1)
    jobs = [await begun(house, who, order(Act.SUSPEND, until=until)) for who in (short, done)]
    for job in jobs:
        await house.database.run(mass_upkeep.batch, house.keyring, job.id, most=1, now=house.clock.now())
    house.clock.advance(hours=1)
    assert await works(house) == 0
    assert [await job_state(house, job) for job in jobs] == ["paused", "done"]
    assert list((await member_states(house, jobs[0])).values()) == ["done", "waiting", "waiting"]
    assert ("mass_act_paused", None) in {(row.event, row.actor) for row in await rows(house, EVENTS)}


async def test_it_is_counted_in_steps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mass_figures, "_STEP", 2)
    members = await crowd(house, 5)
    early = order(Act.REVOKE, basis="Quyết định 1/2026", actor="another")
    await house.database.run(intervene, house.keyring, members[1].id, early, now=house.clock.now())
    await spoils(house, members[4].id)
    job = await begun(house, members)
    await works(house)
    counted = await mass_figures.progress(house.database, job.id, members=5)
    assert counted == {"waiting": 0, "done": 3, "unfit": 1, "changed": 0, "failed": 1}
    [event] = await rows(house, FINISHED)
    assert {"done": 3, "unfit": 1, "changed": 0, "failed": 1}.items() <= json.loads(event.details).items()


async def test_an_order_is_kept_whole(house: House) -> None:
    said: Order = order(Act.SUSPEND, notice="Thẻ của ông/bà bị lộ.", asked_by="Sở A")
    job = await begun(house, await crowd(house, 1), said)
    await works(house)
    [act] = await rows(house, ACTS, job=job.id)
    assert (act.act, act.reason, act.basis, act.asked_by, act.actor) == (
        "suspend",
        "leaked-batch",
        said.basis,
        "Sở A",
        "staff",
    )


def test_on_a_busy_machine_batches_become_small_and_large_again_on_a_quiet_one() -> None:
    pace = Pace(accounts=50, fewest=10, most=200, seconds=0.04, rest=2)
    assert pace.after(0.08) == 0.16, "it rests for longer than it worked"
    assert pace.accounts == 37
    for _ in range(10):
        pace.after(1)
    assert pace.accounts == 10
    for _ in range(20):
        pace.after(pace.accounts * 0.0001)
    assert pace.accounts == 200
