"""Carrying it out: each member once, in one transaction with all that belongs to it, by any number of workers."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from idp.accounts.tables import accounts
from idp.interventions.intervening import intervene
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import MassJobUnfit, MassJobUnknown
from idp.interventions.mass.pace import Pace
from idp.interventions.orders import Act, Order
from idp.signals.ledger import receipts
from idp.storage import Statement
from idp.storage.identifiers import new_id
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
