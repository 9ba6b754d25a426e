"""Taking a mass act back: another job, over exactly the accounts that the first one changed.

What something else was done to since is listed and left as it is: whoever did that had a reason of their own.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, exists, select

from idp.errors import Kind, Refusal
from idp.interventions.mass.jobs import Job, JobState, MassJobUnfit, MemberState, find
from idp.interventions.mass.preparing import prepare
from idp.interventions.mass.sources import Chunk
from idp.interventions.orders import Act, Order, OrderUnfit, Reason
from idp.interventions.tables import interventions, mass_jobs, mass_members
from idp.storage import Database, Row, Statement, Unit

_STEP: Final = 5_000

# Waits for every batch that a worker has in hand, which holds the row too (`upkeep`).
_CLOSE: Final = Statement(select(mass_jobs.c.id).where(mass_jobs.c.id == bindparam("id_")).with_for_update())
_OWN, _LATER = interventions.alias("own"), interventions.alias("later")
_DONE: Final = Statement(
    select(
        mass_members.c.account_id,
        exists()
        .where(
            _LATER.c.account_id == mass_members.c.account_id,
            _LATER.c.id != _OWN.c.id,
            _LATER.c.made_at >= _OWN.c.made_at,
        )
        .label("is_changed"),
    )
    .select_from(mass_members.join(_OWN, _OWN.c.id == mass_members.c.act_id))
    .where(
        mass_members.c.job_id == bindparam("job"),
        mass_members.c.position > bindparam("after"),
        mass_members.c.position <= bindparam("end"),
        mass_members.c.state == str(MemberState.DONE),
    )
    .order_by(mass_members.c.position)
)


class MassActNotUndoable(Refusal):
    """What a mass act did was itself to allow something again: there is nothing to take back.

    Operator: prepare another act over the same accounts, on its own ground.
    """

    code = "mass_act_not_undoable"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Undone:
    """A source: the accounts that a job changed."""

    job: Job

    @property
    def described(self) -> Mapping[str, Any]:
        """Which job."""
        return {"kind": "undo", "job": str(self.job.id)}

    async def chunks(self, database: Database) -> AsyncIterator[Chunk]:
        """In the job's order."""
        for after in range(0, self.job.members, _STEP):
            rows = await database.read(_done, self.job.id, after)
            changed = frozenset(row.account_id for row in rows if row.is_changed)
            yield Chunk([row.account_id for row in rows], changed=changed)


async def prepare_undo(
    database: Database,
    job_id: UUID,
    *,
    reason: Reason,
    basis: str,
    actor: str,
    asked_by: str = "",
    notice: str = "",
    now: datetime,
) -> Job:
    """A job that takes back what this one did, once it is done or cancelled.

    Raises `MassJobUnknown`, `MassJobUnfit`, `MassActNotUndoable`, `MassActForNobody` where all was taken back already,
    and `OrderUnfit`.
    """
    job = await database.run(_over, job_id)
    if job.order.act.imposes is None:
        raise MassActNotUndoable
    if job.order.act is Act.REVOKE and reason is not Reason.ERROR:
        # What was revoked is restored as an error alone.
        raise OrderUnfit("reason")
    order = Order(Act.RESTORE, reason, basis, actor, asked_by=asked_by, notice=notice, undoes=job.id)
    return await prepare(database, order, Undone(job), now=now)


def _over(db: Unit, job_id: UUID) -> Job:
    """The job, with no batch in anybody's hand."""
    db.one(_CLOSE, id_=job_id)
    job = find(db, job_id)
    if job.state not in (JobState.DONE, JobState.CANCELLED):
        raise MassJobUnfit(job.state)
    return job


def _done(db: Unit, job_id: UUID, after: int) -> list[Row]:
    return db.all(_DONE, job=job_id, after=after, end=after + _STEP)
