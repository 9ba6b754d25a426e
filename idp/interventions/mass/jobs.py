"""Acts on many accounts as jobs: prepared, begun, paused, taken up again, cancelled.

A job is an order and its members. Its life is a column, and each step one statement that names the state it leads from:
of two who begin a job one does. What happens between begin and end, `upkeep` does, batch by batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.audit import record
from idp.audit.events import MassActBegun, MassActCancelled, MassActPaused, MassActResumed
from idp.audit.events.event import Event
from idp.errors import Kind, Refusal
from idp.interventions.orders import Order
from idp.interventions.tables import mass_jobs
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among


class JobState(StrEnum):
    """Where a job is in its life."""

    PREPARING = "preparing"
    PREPARED = "prepared"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class MemberState(StrEnum):
    """What became of one account of a job.

    `UNFIT`: it was in a state from which this cannot be done. `CHANGED`: something else was done to it since the act
    that the job would take back. `FAILED`: a fault of the provider, which is in its log. All three are as they were.
    """

    WAITING = "waiting"
    DONE = "done"
    UNFIT = "unfit"
    CHANGED = "changed"
    FAILED = "failed"


class MassJobUnknown(Refusal):
    """There is no mass act with this id.

    Operator: `idp interventions mass list` shows those there are.
    """

    code = "mass_job_unknown"
    kind = Kind.NOT_FOUND


class MassJobUnfit(Refusal):
    """A mass act is not in the state that this leads from: it has begun already, is over, or still has to begin;
    or what it would impose is over by now.

    Operator: `idp interventions mass show` tells its state and its end; one that is past it can be cancelled.
    """

    code = "mass_job_unfit"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Job:
    """One mass act. `source` says where its accounts came from, `figures` what it would do (`mass_figures`).

    `undoes` is the job whose acts it takes back; `proposal_id` what waited, or waits, for a second person.
    """

    id: UUID
    order: Order
    source: Mapping[str, Any]
    figures: Mapping[str, Any] | None
    members: int
    state: JobState
    undoes: UUID | None
    proposal_id: UUID | None
    prepared_by: str
    prepared_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """From a row of `mass_jobs`."""
        values = row._asdict()
        order = Order.from_json(values.pop("ordered"))
        return cls(**{**values, "order": order, "state": JobState(row.state)})


_NEWEST: Final = 100

_OPEN: Final = Statement(insert(mass_jobs))
_ONE: Final = Statement(select(mass_jobs).where(mass_jobs.c.id == bindparam("id_")))
_HELD: Final = Statement(select(mass_jobs).where(mass_jobs.c.id == bindparam("id_")).with_for_update(key_share=True))
_LISTED: Final = Statement(select(mass_jobs).order_by(mass_jobs.c.id.desc()).limit(_NEWEST))
_READY: Final = Statement(
    update(mass_jobs)
    .where(mass_jobs.c.id == bindparam("id_"), mass_jobs.c.state == str(JobState.PREPARING))
    .values(
        state=str(JobState.PREPARED),
        source=bindparam("source_", type_=mass_jobs.c.source.type),
        figures=bindparam("figures_", type_=mass_jobs.c.figures.type),
        members=bindparam("members_"),
    )
    .returning(*mass_jobs.c)
)
_FROM: Final = (mass_jobs.c.id == bindparam("id_"), among(mass_jobs.c.state, "from_"))
_BEGIN: Final = Statement(
    update(mass_jobs)
    .where(*_FROM)
    .values(state=str(JobState.RUNNING), begun_at=bindparam("now"))
    .returning(mass_jobs.c.members)
)
_MOVE: Final = Statement(update(mass_jobs).where(*_FROM).values(state=bindparam("to")))
_CANCEL: Final = Statement(
    update(mass_jobs).where(*_FROM).values(state=str(JobState.CANCELLED), finished_at=bindparam("now"))
)
_PROPOSED: Final = Statement(
    update(mass_jobs).where(mass_jobs.c.id == bindparam("id_")).values(proposal_id=bindparam("proposal"))
)

_UNDER_WAY: Final = (JobState.RUNNING, JobState.PAUSED)
_NOT_OVER: Final = (JobState.PREPARING, JobState.PREPARED, *_UNDER_WAY)


def open_job(db: Unit, order: Order, *, now: datetime) -> UUID:
    """A job without members yet; its id. Whoever prepares it adds them (`mass_preparing`)."""
    job_id = new_id(now)
    db.write(
        _OPEN,
        id=job_id,
        ordered=order.to_json(),
        source={},
        members=0,
        state=JobState.PREPARING,
        undoes=order.undoes,
        prepared_by=order.actor,
        prepared_at=now,
    )
    return job_id


def make_ready(
    db: Unit, job_id: UUID, *, source: Mapping[str, Any], figures: Mapping[str, Any], members: int
) -> Job | None:
    """It has all its members; None for one that was cancelled meanwhile."""
    row = db.one(_READY, id_=job_id, source_=dict(source), figures_=dict(figures), members_=members)
    return Job.of(row) if row else None


def find(db: Unit, job_id: UUID) -> Job:
    """The job with this id; raises `MassJobUnknown`."""
    row = db.one(_ONE, id_=job_id)
    if row is None:
        raise MassJobUnknown
    return Job.of(row)


def listed(db: Unit) -> list[Job]:
    """The newest hundred, newest first."""
    return [Job.of(row) for row in db.all(_LISTED)]


def begin(db: Unit, job_id: UUID, *, actor: str, now: datetime) -> None:
    """Let the workers have it: whoever calls has the approval.

    Raises `MassJobUnknown`, and `MassJobUnfit`, also where what it would impose is over by now.
    """
    _refuse_over(db, job_id, now=now)
    row = db.one(_BEGIN, id_=job_id, from_=[str(JobState.PREPARED)], now=now)
    if row is None:
        _why_not(db, job_id)
    else:
        record(db, MassActBegun(job_id, row.members), actor=actor, now=now)


def pause(db: Unit, job_id: UUID, *, actor: str | None, now: datetime) -> None:
    """Begin no further batch; one that a worker has in hand is finished. Raises as `begin` does.

    `actor` is None where the provider itself does it: after a fault, or because what is imposed would be over.
    """
    _move(db, job_id, (JobState.RUNNING,), JobState.PAUSED, MassActPaused(job_id), actor=actor, now=now)


def resume(db: Unit, job_id: UUID, *, actor: str, now: datetime) -> None:
    """Go on where it stopped. Raises as `begin` does."""
    _refuse_over(db, job_id, now=now)
    _move(db, job_id, (JobState.PAUSED,), JobState.RUNNING, MassActResumed(job_id), actor=actor, now=now)


def cancel(db: Unit, job_id: UUID, *, actor: str, now: datetime) -> None:
    """End it; what was done stays done, and can be undone by another job. Raises as `begin` does."""
    state = find(db, job_id).state
    if db.execute(_CANCEL, id_=job_id, from_=[str(each) for each in _NOT_OVER], now=now) != 1:
        _why_not(db, job_id)
    record(db, MassActCancelled(job_id, state), actor=actor, now=now)


def hold(db: Unit, job_id: UUID) -> Job:
    """The job, which nobody else moves until this unit has committed; raises `MassJobUnknown`."""
    row = db.one(_HELD, id_=job_id)
    if row is None:
        raise MassJobUnknown
    return Job.of(row)


def is_over(order: Order, *, now: datetime) -> bool:
    """Whether what it would impose has ended already: it would sign people out, and tell them, for nothing."""
    return order.until is not None and order.until <= now


def note_proposal(db: Unit, job_id: UUID, proposal_id: UUID) -> None:
    """What a second person decides, or reviews."""
    db.execute(_PROPOSED, id_=job_id, proposal=proposal_id)


def _move(
    db: Unit, job_id: UUID, from_: tuple[JobState, ...], to: JobState, event: Event, *, actor: str | None, now: datetime
) -> None:
    if db.execute(_MOVE, id_=job_id, from_=[str(each) for each in from_], to=str(to)) != 1:
        _why_not(db, job_id)
    record(db, event, actor=actor, now=now)


def _refuse_over(db: Unit, job_id: UUID, *, now: datetime) -> None:
    if is_over(hold(db, job_id).order, now=now):
        raise MassJobUnfit("over")


def _why_not(db: Unit, job_id: UUID) -> None:
    raise MassJobUnfit(find(db, job_id).state)
