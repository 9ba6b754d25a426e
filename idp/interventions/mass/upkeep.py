"""Carrying mass acts out, batch by batch, in any number of processes at once.

A batch is one transaction: its members are taken by one statement that leaves alone what another has in hand, the act
is done to them, and they are marked. Whatever dies on the way has done nothing, and another takes the same members.
After each batch the worker rests for longer than it worked (`Pace`): others who sign in meanwhile hardly notice.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, select, update

from idp.audit import record
from idp.audit.events import MassActFinished
from idp.clock import Clock
from idp.errors import Refusal
from idp.interventions.intervening import TOLD_FOR, intervene_all
from idp.interventions.mass.figures import progress
from idp.interventions.mass.jobs import JobState, MassJobUnfit, MemberState, is_over, pause
from idp.interventions.mass.pace import AT_ONCE, Pace
from idp.interventions.orders import Order
from idp.interventions.tables import IS_WAITING, mass_jobs, mass_members
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from idp.storage.lists import among
from idp.storage.refusals import DatabaseBusy
from idp.web.faults import log_fault
from idp.web.references import new_reference

INTERVAL = timedelta(seconds=1)

_LAST: Final = (1 << 31) - 1
_FEW: Final = 5
"""Accounts that may be at fault, or in other hands, before the provider or its database is taken to be."""

_RUNNING: Final = Statement(
    select(mass_jobs.c.id).where(mass_jobs.c.state == str(JobState.RUNNING)).order_by(mass_jobs.c.begun_at)
)
# A key-share lock: many batches hold it at once, pausing does not wait for it, and whoever counts what was done can.
_HOLD: Final = Statement(
    select(mass_jobs.c.ordered)
    .where(mass_jobs.c.id == bindparam("job"), mass_jobs.c.state == str(JobState.RUNNING))
    .with_for_update(read=True, key_share=True)
)
_TAKE: Final = Statement(
    select(mass_members.c.position, mass_members.c.account_id)
    .where(
        mass_members.c.job_id == bindparam("job"),
        mass_members.c.position >= bindparam("first"),
        mass_members.c.position <= bindparam("last"),
        IS_WAITING,
    )
    .order_by(mass_members.c.position)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_NEXT: Final = Statement(
    select(mass_members.c.position)
    .where(mass_members.c.job_id == bindparam("job"), IS_WAITING)
    .order_by(mass_members.c.position)
    .limit(bindparam("most"))
)
_HERE = (mass_members.c.job_id == bindparam("job"), among(mass_members.c.position, "positions"))
# One by one: for all at once PostgreSQL chose a plan by what the tables were before the act (12 s of its 30).
_MARK_DONE: Final = Statement(
    update(mass_members)
    .where(mass_members.c.job_id == bindparam("job"), mass_members.c.position == bindparam("at"))
    .values(state=str(MemberState.DONE), act_id=bindparam("act"))
)
# What another worker has done meanwhile stays done.
_MARK: Final = Statement(update(mass_members).where(*_HERE, IS_WAITING).values(state=bindparam("state_")))
_ANY_DONE: Final = Statement(
    select(mass_members.c.position)
    .where(mass_members.c.job_id == bindparam("job"), mass_members.c.state == str(MemberState.DONE))
    .limit(1)
)
_AT_ITS_END: Final = (
    mass_jobs.c.id == bindparam("job"),
    mass_jobs.c.state == str(JobState.RUNNING),
    ~exists().where(mass_members.c.job_id == mass_jobs.c.id, IS_WAITING),
)
_TO_FINISH: Final = Statement(select(mass_jobs.c.members).where(*_AT_ITS_END))
_FINISH: Final = Statement(
    update(mass_jobs).where(*_AT_ITS_END).values(state=str(JobState.DONE), finished_at=bindparam("now"))
)


async def run_once(database: Database, keyring: Keyring, *, clock: Clock, told_for: timedelta = TOLD_FOR) -> int:
    """Work until nothing is left that nobody else has in hand; how many accounts had their turn. Jobs take turns."""
    handled, pace = 0, Pace()
    while jobs := await database.read(_running):
        before = handled
        for job_id in jobs:
            handled += await _turn(database, keyring, job_id, pace, clock=clock, told_for=told_for)
        if handled == before:
            break
    return handled


async def _turn(
    database: Database, keyring: Keyring, job_id: UUID, pace: Pace, *, clock: Clock, told_for: timedelta
) -> int:
    """One batch of a job. What keeps it from going on keeps no other job from its turn."""
    try:
        taken = await _one_batch(database, keyring, job_id, pace, clock=clock, told_for=told_for)
        if not taken:
            await _finish(database, job_id, clock=clock)
    except Refusal as refusal:
        log_fault(refusal, new_reference())
        return 0
    return taken


async def _one_batch(
    database: Database, keyring: Keyring, job_id: UUID, pace: Pace, *, clock: Clock, told_for: timedelta
) -> int:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        taken = await database.run(batch, keyring, job_id, most=pace.accounts, told_for=told_for, now=clock.now())
    except Exception:
        taken = await _one_by_one(database, keyring, job_id, clock=clock, told_for=told_for)
    if taken:
        await asyncio.sleep(pace.after(loop.time() - began))
    return taken


def batch(
    db: Unit,
    keyring: Keyring,
    job_id: UUID,
    *,
    first: int = 1,
    last: int = _LAST,
    most: int = AT_ONCE,
    told_for: timedelta = TOLD_FOR,
    now: datetime,
) -> int:
    """Do it to the next members, at most `most` of those from `first` to `last`, that nobody has in hand; how many.

    Where what it would impose is over meanwhile, the job pauses, and cannot be resumed.
    """
    job = db.one(_HOLD, job=job_id)
    if job is None:
        return 0
    taken = db.all(_TAKE, job=job_id, first=first, last=last, most=most)
    if not taken:
        return 0
    order = Order.from_json(job.ordered)
    if is_over(order, now=now):
        _pause(db, job_id, now=now)
        return 0
    positions = {row.account_id: row.position for row in taken}
    done = intervene_all(db, keyring, list(positions), order, job_id=job_id, told_for=told_for, now=now)
    if done:
        marks = [{"job": job_id, "at": positions.pop(each.account_id), "act": each.id} for each in done]
        db.many(_MARK_DONE, marks)
    if positions:
        db.execute(_MARK, job=job_id, positions=list(positions.values()), state_=MemberState.UNFIT)
    return len(taken)


async def _finish(database: Database, job_id: UUID, *, clock: Clock) -> None:
    """Where none wait any more, the job is done. What became of them changes no more, so it is counted before."""
    members = await database.read(_to_finish, job_id)
    if members is not None:
        counted = await progress(database, job_id, members=members)
        await database.run(_close, job_id, counted, now=clock.now())


def _to_finish(db: Unit, job_id: UUID) -> int | None:
    row = db.one(_TO_FINISH, job=job_id)
    return row.members if row else None


def _close(db: Unit, job_id: UUID, counted: Mapping[MemberState, int], *, now: datetime) -> None:
    if db.execute(_FINISH, job=job_id, now=now) != 1:
        return
    event = MassActFinished(
        job_id,
        done=counted[MemberState.DONE],
        unfit=counted[MemberState.UNFIT],
        changed=counted[MemberState.CHANGED],
        failed=counted[MemberState.FAILED],
    )
    record(db, event, now=now)


async def _one_by_one(database: Database, keyring: Keyring, job_id: UUID, *, clock: Clock, told_for: timedelta) -> int:
    """After a fault: one account that breaks the act must not keep it from all the others.

    One whose row somebody else holds waits for a later turn; where it is more than a few, the database is busy.
    """
    failed: list[int] = []
    taken = busy = 0
    for position in await database.read(_next, job_id):
        try:
            taken += await database.run(
                batch, keyring, job_id, first=position, last=position, told_for=told_for, now=clock.now()
            )
        except DatabaseBusy as refusal:
            busy += 1
            if busy > _FEW:
                raise
            log_fault(refusal, new_reference())
        except Refusal:
            raise
        except Exception as error:
            log_fault(error, new_reference())
            failed.append(position)
    if failed:
        await database.run(_set_aside, job_id, failed, others=taken, now=clock.now())
    return taken


def _set_aside(db: Unit, job_id: UUID, positions: list[int], *, others: int, now: datetime) -> None:
    """Leave those out that broke the act, or pause the job until somebody has looked: where `others` were well, the
    fault is theirs; so it is where a few are all that is left of a job that did its work before."""
    if others or (len(positions) <= _FEW and db.one(_ANY_DONE, job=job_id)):
        db.execute(_MARK, job=job_id, positions=positions, state_=MemberState.FAILED)
    else:
        _pause(db, job_id, now=now)


def _pause(db: Unit, job_id: UUID, *, now: datetime) -> None:
    with suppress(MassJobUnfit):
        pause(db, job_id, actor=None, now=now)


def _running(db: Unit) -> list[UUID]:
    return [row.id for row in db.all(_RUNNING)]


def _next(db: Unit, job_id: UUID) -> list[int]:
    return [row.position for row in db.all(_NEXT, job=job_id, most=AT_ONCE)]
