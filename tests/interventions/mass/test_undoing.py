"""Taking a mass act back: exactly what it changed, and nothing that somebody else changed since."""

from collections import Counter

import pytest

from idp.accounts import may_issue
from idp.interventions.intervening import intervene
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import Job, MassJobUnfit
from idp.interventions.mass.preparing import MassActForNobody
from idp.interventions.mass.undoing import MassActNotUndoable, prepare_undo
from idp.interventions.orders import Act, Method, OrderUnfit, Reason
from tests.interventions.mass.crowd import (
    ACTS,
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


async def undo(house: House, job: Job, reason: Reason = Reason.ERROR) -> Job:
    house.clock.advance(seconds=1)
    return await prepare_undo(
        house.database, job.id, reason=reason, basis="Danh sách sai", actor="staff", now=house.clock.now()
    )


async def carries_out(house: House, job: Job) -> None:
    await house.database.run(mass_jobs.begin, job.id, actor="other", now=house.clock.now())
    await works(house)
    assert await job_state(house, job) == "done"


@pytest.mark.parametrize("what", [Act.SUSPEND, Act.REVOKE])
async def test_accounts_live_again(house: House, what: Act) -> None:
    members, other = await crowd(house, 3), (await crowd(house, 1))[0]
    await house.database.run(intervene, house.keyring, other.id, order(what, actor="another"), now=house.clock.now())
    job = await begun(house, members, order(what))
    await works(house)
    counter = await undo(house, job)
    assert (counter.undoes, counter.members, counter.state) == (job.id, 3, "prepared")
    assert counter.source == {"kind": "undo", "job": str(job.id), "unknown": 0}
    await carries_out(house, counter)
    now = house.clock.now()
    for each in members:
        await house.database.run(may_issue, each.id, portal_id=None, province=None, session_opened_at=None, now=now)
    assert (await states(house))[other.id] != "active"
    assert {row.account_id for row in await rows(house, ACTS, job=counter.id)} == {each.id for each in members}


async def test_what_was_not_done_is_not_undone(house: House) -> None:
    members = await crowd(house, 4)
    await house.database.run(
        intervene, house.keyring, members[0].id, order(Act.REVOKE, actor="another"), now=house.clock.now()
    )
    job = await begun(house, members)
    await house.database.run(mass_upkeep.batch, house.keyring, job.id, last=3, now=house.clock.now())
    await house.database.run(mass_jobs.cancel, job.id, actor="staff", now=house.clock.now())
    counter = await undo(house, job)
    await carries_out(house, counter)
    assert set(await member_states(house, counter)) == {members[1].id, members[2].id}
    assert Counter((await states(house)).values()) == Counter(active=3, revoked=1)


async def test_what_somebody_changed_since_is_listed_and_left(house: House) -> None:
    members = await crowd(house, 3)
    job = await begun(house, members, order(Act.SUSPEND))
    await works(house)
    house.clock.advance(seconds=1)
    since = order(Act.REVOKE, reason=Reason.DEATH, actor="another")
    await house.database.run(intervene, house.keyring, members[1].id, since, now=house.clock.now())
    counter = await undo(house, job)
    await carries_out(house, counter)
    assert await member_states(house, counter) == {
        members[0].id: "done",
        members[1].id: "changed",
        members[2].id: "done",
    }
    found = await states(house)
    assert [found[each.id] for each in members] == ["active", "revoked", "active"]


async def test_what_is_done_meanwhile_by_somebody_else_stands(house: House) -> None:
    members = await crowd(house, 1)
    job = await begun(house, members, order(Act.SUSPEND))
    await works(house)
    counter = await undo(house, job)
    since = order(Act.REVOKE, reason=Reason.DEATH, actor="another")
    await house.database.run(intervene, house.keyring, members[0].id, since, now=house.clock.now())
    await carries_out(house, counter)
    assert await states(house) == {members[0].id: "revoked"}


async def test_twice_there_is_nobody_left(house: House) -> None:
    job = await begun(house, await crowd(house, 2))
    await works(house)
    await carries_out(house, await undo(house, job))
    with pytest.raises(MassActForNobody):
        await undo(house, job)


async def test_two_that_were_prepared_at_once_take_it_back_once(house: House) -> None:
    members = await crowd(house, 2)
    job = await begun(house, members, order(Act.LOCK_METHOD, method=Method.TOTP))
    await works(house)
    first, second = await undo(house, job), await undo(house, job)
    await carries_out(house, first)
    await carries_out(house, second)
    assert set((await member_states(house, second)).values()) == {"unfit"}


async def test_what_is_not_over_is_not_undone(house: House) -> None:
    for job in (await prepared(house, await crowd(house, 1)), await begun(house, await crowd(house, 1))):
        with pytest.raises(MassJobUnfit):
            await undo(house, job)


async def test_what_allowed_something_is_not_undone(house: House) -> None:
    members = await crowd(house, 1)
    job = await begun(house, members, order(Act.SUSPEND))
    await works(house)
    counter = await undo(house, job)
    await carries_out(house, counter)
    with pytest.raises(MassActNotUndoable):
        await undo(house, counter)


async def test_a_revocation_is_taken_back_as_an_error_alone(house: House) -> None:
    job = await begun(house, await crowd(house, 1))
    await works(house)
    with pytest.raises(OrderUnfit):
        await undo(house, job, Reason.OWN_REQUEST)
