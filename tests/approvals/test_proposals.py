"""Proposing, approving, refusing, breaking the glass and reviewing."""

import asyncio
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import bindparam, select

from idp import approvals
from idp.approvals import (
    LIFETIME,
    ApprovalByProposer,
    Kind,
    Proposal,
    ProposalClosed,
    ProposalRepeated,
    ReviewByActor,
    ReviewDone,
    State,
    Way,
)
from idp.approvals.approvers import may_approve_from_now, may_approve_no_more
from idp.approvals.deciding import DecisionRepeated, ProposalDecided, ProposalExpired, ProposalUnknown
from idp.approvals.listing import MOST, Waiting
from idp.approvals.proposing import ProposalWithoutReason
from idp.audit.tables import audit_events
from idp.errors import Kind as RefusalKind
from idp.errors import Refusal
from idp.storage import Database, Statement, Unit
from idp.storage.identifiers import new_id
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

A, B, C = "0197f6b2-0000-7000-8000-00000000000a", "0197f6b2-0000-7000-8000-00000000000b", "local_operator"
WHY = "Khóa cũ đã dùng hai năm"
PAYLOAD = {"algorithms": ["ES256"], "at_once": False}

_RECORDED = Statement(
    select(audit_events.c.event, audit_events.c.actor, audit_events.c.details)
    .where(audit_events.c.actor == bindparam("actor_"))
    .order_by(audit_events.c.id)
)


class CannotBe(Refusal):
    """What was approved cannot be carried out. Of these tests."""

    code = "cannot_be_of_tests"
    kind = RefusalKind.CONFLICT


async def proposed(database: Database, clock: ManualClock, *, by: str = A) -> UUID:
    return await database.run(approvals.propose, Kind.KEY_ROTATION, PAYLOAD, actor=by, why=WHY, now=clock.now())


async def approved(database: Database, clock: ManualClock, proposal: UUID, *, by: str = B) -> Proposal:
    return await database.run(approvals.approve, proposal, actor=by, now=clock.now())


async def found(database: Database, proposal: UUID) -> Proposal:
    one = await database.read(approvals.find, proposal)
    assert one is not None
    return one


async def recorded(database: Database, actor: str) -> list[tuple[str, str | None]]:
    """Each event of that actor, and its reason where it has one."""
    rows = await database.read(lambda db: db.all(_RECORDED, actor_=actor))
    return [(row.event, orjson.loads(row.details).get("reason")) for row in rows]


async def test_what_one_proposes_another_approves(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    before = await found(database, proposal)
    assert (before.state, before.payload, before.why, before.proposed_by) == (State.OPEN, PAYLOAD, WHY, A)
    assert before.is_open(clock.now())
    clock.advance(seconds=60)
    after = await approved(database, clock, proposal)
    assert (after.state, after.decided_by, after.decided_at) == (State.APPROVED, B, clock.now())
    assert after == await found(database, proposal)
    assert await recorded(database, A) == [("proposal_made", None)]
    assert await recorded(database, B) == [("proposal_approved", None)]


async def test_nobody_approves_their_own(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    with pytest.raises(ApprovalByProposer):
        await approved(database, clock, proposal, by=A)
    assert (await found(database, proposal)).state is State.OPEN
    assert ("approval_refused", "approval_by_proposer") in await recorded(database, A)


async def test_after_a_day_it_is_too_late(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    clock.advance(seconds=LIFETIME.total_seconds())
    with pytest.raises(ProposalExpired):
        await approved(database, clock, proposal)
    with pytest.raises(ProposalExpired):
        await database.run(approvals.refuse, proposal, actor=B, why="Muộn", now=clock.now())
    with pytest.raises(ProposalExpired):
        await broken(database, clock, proposal)
    assert not (await found(database, proposal)).is_open(clock.now())


async def test_a_moment_before_it_is_not(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert (await approved(database, clock, proposal)).state is State.APPROVED


async def test_a_second_approval_and_a_repeated_one_are_told_apart(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    await approved(database, clock, proposal)
    with pytest.raises(DecisionRepeated):
        await approved(database, clock, proposal)
    with pytest.raises(ProposalDecided):
        await approved(database, clock, proposal, by=C)
    assert await recorded(database, C) == [("approval_refused", "proposal_decided")]


async def test_what_is_not_there_cannot_be_decided(database: Database, clock: ManualClock) -> None:
    with pytest.raises(ProposalUnknown):
        await approved(database, clock, new_id(clock.now()))
    with pytest.raises(ProposalUnknown):
        await database.run(approvals.review, new_id(clock.now()), actor=A, note="Xem", now=clock.now())
    assert issubclass(ProposalUnknown, ProposalClosed)


async def test_another_refuses_and_the_proposer_withdraws(database: Database, clock: ManualClock) -> None:
    refused, withdrawn = await proposed(database, clock), await proposed(database, clock)
    await database.run(approvals.refuse, refused, actor=B, why="Chưa cần", now=clock.now())
    await database.run(approvals.refuse, withdrawn, actor=A, why="Nhầm", now=clock.now())
    assert [(await found(database, each)).decided_by for each in (refused, withdrawn)] == [B, A]
    with pytest.raises(ProposalDecided):
        await approved(database, clock, refused, by=C)
    with pytest.raises(ProposalDecided):
        await approved(database, clock, withdrawn)


async def test_what_cannot_be_carried_out_stays_open(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)

    def fail(_: Proposal) -> None:
        raise CannotBe

    with pytest.raises(CannotBe):
        await database.run(approvals.approve, proposal, actor=B, now=clock.now(), then=fail)
    assert (await found(database, proposal)).state is State.OPEN
    assert await recorded(database, B) == [("approval_refused", "cannot_be_of_tests")]
    assert (await approved(database, clock, proposal)).state is State.APPROVED


async def test_of_two_who_approve_at_onceone_carries_it_out(database: Database, clock: ManualClock) -> None:
    for _ in range(5):
        proposal = await proposed(database, clock)

        def approve_and_mark(db: Unit, actor: str, proposal: UUID = proposal) -> None:
            def carry_out(_: Proposal) -> None:
                approvals.propose(db, Kind.MASS, {"of": str(proposal)}, actor=actor, why=WHY, now=clock.now())

            approvals.approve(db, proposal, actor=actor, now=clock.now(), then=carry_out)

        outcomes = await asyncio.gather(
            *(database.run(approve_and_mark, actor) for actor in (B, C)), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "ProposalDecided"]
        marks = [
            each
            for each in await database.read(approvals.listed, now=clock.now())
            if (await found(database, each.id)).payload == {"of": str(proposal)}
        ]
        assert len(marks) == 1
        assert marks[0].proposed_by == (await found(database, proposal)).decided_by


async def broken(database: Database, clock: ManualClock, proposal: UUID, *, by: str = A) -> Proposal:
    return await database.run(
        approvals.break_glass_of, proposal, actor=by, why="Khóa đã lộ", now=clock.now(), then=lambda _: None
    )


async def test_the_glass_is_broken_at_onceand_reviewed_by_another(database: Database, clock: ManualClock) -> None:
    done = await database.run(
        approvals.break_glass, Kind.KEY_ROTATION, PAYLOAD, actor=A, why="Khóa đã lộ", now=clock.now()
    )
    assert (await found(database, done)).awaits_review
    clock.advance(seconds=1)
    with pytest.raises(ReviewByActor):
        await database.run(approvals.review, done, actor=A, note="Đúng", now=clock.now())
    await database.run(approvals.review, done, actor=B, note="Đúng, khóa đã lộ thật", now=clock.now())
    after = await found(database, done)
    assert (after.awaits_review, after.reviewed_by, after.review_note) == (False, B, "Đúng, khóa đã lộ thật")
    with pytest.raises(ReviewDone):
        await database.run(approvals.review, done, actor=C, note="Nữa", now=clock.now())
    assert [event for event, _ in await recorded(database, A)] == ["glass_broken", "approval_refused"]


async def test_the_proposer_may_break_the_glass_of_what_waits_and_nobody_approves_it_after(
    database: Database, clock: ManualClock
) -> None:
    proposal = await proposed(database, clock)
    assert (await broken(database, clock, proposal)).awaits_review
    with pytest.raises(ProposalDecided):
        await approved(database, clock, proposal)
    with pytest.raises(DecisionRepeated):
        await broken(database, clock, proposal)


async def test_an_approved_one_is_not_for_review(database: Database, clock: ManualClock) -> None:
    proposal = await proposed(database, clock)
    await approved(database, clock, proposal)
    with pytest.raises(ReviewDone):
        await database.run(approvals.review, proposal, actor=C, note="Xem", now=clock.now())


async def test_a_form_sent_twice_proposes_once(database: Database, clock: ManualClock) -> None:
    form = new_id(clock.now())
    for _ in range(2):
        try:
            await database.run(
                approvals.propose, Kind.KEY_ROTATION, PAYLOAD, actor=A, why=WHY, form=form, now=clock.now()
            )
        except ProposalRepeated:
            break
    else:
        pytest.fail("the second was taken")
    assert len(await database.read(approvals.listed, now=clock.now())) == 1


@pytest.mark.parametrize("why", ["", "   ", "x" * 501, "a\x00b"], ids=["empty", "blank", "long", "control"])
async def test_everything_needs_a_sentence(database: Database, clock: ManualClock, why: str) -> None:
    proposal = await proposed(database, clock)
    with pytest.raises(ProposalWithoutReason):
        await database.run(approvals.propose, Kind.MASS, {}, actor=A, why=why, now=clock.now())
    with pytest.raises(ProposalWithoutReason):
        await database.run(approvals.refuse, proposal, actor=B, why=why, now=clock.now())
    with pytest.raises(ProposalWithoutReason):
        await database.run(approvals.break_glass, Kind.MASS, {}, actor=A, why=why, now=clock.now())
    assert (await found(database, proposal)).state is State.OPEN


async def test_four_eyes_hold_from_the_second_who_may_approve(database: Database, clock: ManualClock) -> None:
    for actor, holds in ((A, False), (A, False), (B, True)):
        await database.run(may_approve_from_now, actor)
        assert await database.read(approvals.four_eyes_hold) is holds
    await database.run(may_approve_no_more, A)
    assert not await database.read(approvals.four_eyes_hold)


async def test_submitting_goes_the_way_that_is_right(database: Database, clock: ManualClock) -> None:
    def submit(db: Unit, glass: str | None) -> approvals.Submitted[str]:
        return approvals.submit(
            db, Kind.KEY_ROTATION, PAYLOAD, lambda: "done", actor=C, why=WHY, glass=glass, now=clock.now()
        )

    alone = await database.run(submit, None)
    assert (alone.way, alone.proposal_id, alone.done) == (Way.ALONE, None, "done")
    for actor in (A, B):
        await database.run(may_approve_from_now, actor)
    clock.advance(seconds=1)
    only = await database.run(submit, None)
    assert (only.way, only.done) == (Way.PROPOSED, None)
    assert only.proposal_id is not None
    assert (await found(database, only.proposal_id)).state is State.OPEN
    clock.advance(seconds=1)
    at_once = await database.run(submit, "Khóa đã lộ")
    assert (at_once.way, at_once.done) == (Way.BROKEN_GLASS, "done")
    assert [event for event, _ in await recorded(database, C)] == ["done_alone", "proposal_made", "glass_broken"]


async def test_who_acts_alone_says_why_and_a_form_sent_twice_acts_once(database: Database, clock: ManualClock) -> None:
    done: list[str] = []

    def submit(db: Unit, why: str, form: UUID) -> approvals.Submitted[None]:
        return approvals.submit(
            db, Kind.KEY_ROTATION, PAYLOAD, lambda: done.append(why), actor=C, why=why, form=form, now=clock.now()
        )

    form = new_id(clock.now())
    with pytest.raises(ProposalWithoutReason):
        await database.run(submit, " ", form)
    assert (await database.run(submit, WHY, form)).way is Way.ALONE
    with pytest.raises(ProposalRepeated):
        await database.run(submit, "Lần nữa", form)
    assert done == [WHY]
    kept = await found(database, form)
    assert (kept.state, kept.why, kept.decided_by, kept.payload) == (State.ALONE, WHY, C, PAYLOAD)
    assert await recorded(database, C) == [("done_alone", None)]


async def test_what_fails_is_not_written_down_as_done(database: Database, clock: ManualClock) -> None:
    for actor in (A, B):
        await database.run(may_approve_from_now, actor)

    def fail() -> None:
        raise CannotBe

    def submit(db: Unit) -> approvals.Submitted[None]:
        return approvals.submit(db, Kind.MASS, {}, fail, actor=C, why=WHY, glass="Gấp", now=clock.now())

    with pytest.raises(CannotBe):
        await database.run(submit)
    assert await database.read(approvals.listed, now=clock.now()) == []
    assert await recorded(database, C) == []


async def test_an_unreviewed_one_is_listed_for_ever_and_others_for_thirty_days(
    database: Database, clock: ManualClock
) -> None:
    await proposed(database, clock)
    done = await database.run(approvals.break_glass, Kind.MASS, {}, actor=A, why="Gấp", now=clock.now())
    assert len(await database.read(approvals.listed, now=clock.now())) == 2
    later = clock.now() + timedelta(days=31)
    assert [each.id for each in await database.read(approvals.listed, now=later)] == [done]


async def test_newer_ones_bury_neither_what_awaits_a_review_nor_what_is_open(
    database: Database, clock: ManualClock
) -> None:
    waits = await proposed(database, clock)
    done = await database.run(approvals.break_glass, Kind.MASS, {}, actor=A, why="Gấp", now=clock.now())
    clock.advance(seconds=1)

    def refuse_many(db: Unit) -> None:
        for _ in range(MOST + 1):
            one = approvals.propose(db, Kind.KEY_ROTATION, {}, actor=B, why=WHY, now=clock.now())
            approvals.refuse(db, one, actor=B, why=WHY, now=clock.now())

    await database.run(refuse_many)
    listed = [each.id for each in await database.read(approvals.listed, now=clock.now())]
    assert (listed[:2], len(listed)) == ([done, waits], MOST + 2)


async def test_what_waits_is_counted(database: Database, clock: ManualClock) -> None:
    for by in (A, A, B):
        await proposed(database, clock, by=by)
    await database.run(approvals.refuse, await proposed(database, clock, by=C), actor=B, why=WHY, now=clock.now())
    await database.run(approvals.break_glass, Kind.MASS, {}, actor=A, why="Gấp", now=clock.now())
    for actor, counted in ((A, Waiting(1, 2, 1)), (B, Waiting(2, 1, 1)), (C, Waiting(3, 0, 1))):
        assert await database.read(approvals.waiting, actor, now=clock.now()) == counted
    assert await database.read(approvals.waiting, A, now=clock.now() + LIFETIME) == Waiting(0, 0, 1)


async def test_what_somebody_proposed_who_left_is_closed(database: Database, clock: ManualClock) -> None:
    gone, other = await proposed(database, clock), await proposed(database, clock, by=B)
    kept = await database.run(approvals.propose, Kind.MASS, PAYLOAD, actor=A, why=WHY, now=clock.now())
    await database.run(approvals.withdraw_all, A, [Kind.KEY_ROTATION], actor=C, why="Thôi việc", now=clock.now())
    assert (await found(database, gone)).state is State.REFUSED
    assert (await found(database, gone)).decision_note == "Thôi việc"
    assert [(await found(database, each)).state for each in (other, kept)] == [State.OPEN, State.OPEN]
    assert await recorded(database, C) == [("proposal_refused", None)]
