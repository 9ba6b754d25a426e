"""Four eyes over a mass act: proposed by one, begun by another's word, or at once with a review afterwards."""

from uuid import UUID

import pytest
from sqlalchemy import select

from idp import approvals
from idp.approvals import Kind, Way
from idp.approvals.approvers import may_approve_from_now
from idp.audit.tables import audit_events
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.beginning import MassActProposed, ask_to_begin
from idp.interventions.mass.jobs import Job, MassJobUnfit
from idp.storage import Statement, Unit
from tests.interventions.mass.crowd import crowd, job_state, prepared, rows, states, works
from tests.support.house import House

pytestmark = pytest.mark.anyio

EVENTS = Statement(select(audit_events.c.event))


@pytest.fixture
async def job(house: House) -> Job:
    return await prepared(house, await crowd(house, 2))


@pytest.fixture
async def two_people(house: House) -> None:
    for actor in ("staff", "other"):
        await house.database.run(may_approve_from_now, actor)


async def ask(house: House, job: Job, glass: str | None = None, actor: str = "staff") -> approvals.Submitted[None]:
    return await house.database.run(
        ask_to_begin, job.id, actor=actor, why="Theo công văn", glass=glass, now=house.clock.now()
    )


def carry_out(db: Unit, house: House, proposal: approvals.Proposal) -> None:
    mass_jobs.begin(db, UUID(proposal.payload["job"]), actor="other", now=house.clock.now())


async def approves(house: House, submitted: approvals.Submitted[None]) -> None:
    def unit(db: Unit) -> None:
        assert submitted.proposal_id is not None
        approvals.approve(
            db,
            submitted.proposal_id,
            actor="other",
            now=house.clock.now(),
            then=lambda proposal: carry_out(db, house, proposal),
        )

    await house.database.run(unit)


async def test_before_there_are_two_people_one_acts_alone(house: House, job: Job) -> None:
    submitted = await ask(house, job)
    assert (submitted.way, submitted.proposal_id) == (Way.ALONE, None)
    assert await job_state(house, job) == "running"
    assert "done_alone" in {row.event for row in await rows(house, EVENTS)}


@pytest.mark.usefixtures("two_people")
async def test_proposed_it_waits_and_approved_it_runs(house: House, job: Job) -> None:
    submitted = await ask(house, job)
    assert submitted.way is Way.PROPOSED
    assert submitted.proposal_id is not None
    proposal = await house.database.read(approvals.find, submitted.proposal_id)
    assert proposal is not None
    assert (proposal.kind, proposal.payload["accounts"], proposal.payload["act"]) == (Kind.MASS, 2, "revoke")
    assert await works(house) == 0
    assert await job_state(house, job) == "prepared"
    await approves(house, submitted)
    assert await works(house) == 2
    assert set((await states(house)).values()) == {"revoked"}


@pytest.mark.usefixtures("two_people")
async def test_it_is_proposed_once(house: House, job: Job) -> None:
    await ask(house, job)
    with pytest.raises(MassActProposed):
        await ask(house, job, actor="other")


@pytest.mark.usefixtures("two_people")
async def test_it_is_proposed_anew_when_nobody_decided(house: House, job: Job) -> None:
    first = await ask(house, job)
    house.clock.advance(hours=24)
    second = await ask(house, job)
    assert second.proposal_id != first.proposal_id
    await approves(house, second)
    assert await job_state(house, job) == "running"


@pytest.mark.usefixtures("two_people")
@pytest.mark.parametrize("is_proposed", [False, True])
async def test_what_cannot_wait_is_begun_and_awaits_its_review(house: House, job: Job, is_proposed: bool) -> None:
    if is_proposed:
        await ask(house, job)
    submitted = await ask(house, job, glass="Khóa đang bị lợi dụng")
    assert submitted.way is Way.BROKEN_GLASS
    assert await job_state(house, job) == "running"
    listed = await house.database.read(approvals.listed, now=house.clock.now())
    assert [proposal.awaits_review for proposal in listed] == [True]


@pytest.mark.usefixtures("two_people")
async def test_what_was_cancelled_meanwhile_is_not_begun_by_an_approval(house: House, job: Job) -> None:
    submitted = await ask(house, job)
    await house.database.run(mass_jobs.cancel, job.id, actor="staff", now=house.clock.now())
    with pytest.raises(MassJobUnfit):
        await approves(house, submitted)
    assert await job_state(house, job) == "cancelled"


async def test_what_has_begun_is_not_asked_for_again(house: House, job: Job) -> None:
    await ask(house, job)
    with pytest.raises(MassJobUnfit):
        await ask(house, job)
