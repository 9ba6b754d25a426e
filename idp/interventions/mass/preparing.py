"""Preparing a mass act: its members are written down and counted, and nothing is done to any of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert

from idp.audit import record
from idp.audit.events import MassActPrepared, RegisteredText
from idp.errors import Refusal
from idp.interventions.intervening import TOLD_FOR
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass.figures import foresee
from idp.interventions.mass.jobs import Job, MassJobUnfit, MemberState
from idp.interventions.mass.sources import Chunk, Source
from idp.interventions.orders import Order
from idp.interventions.tables import mass_members
from idp.storage import Database, Statement, Unit

_AT_ONCE: Final = 2000

_ADD: Final = Statement(insert(mass_members))

Progress = Callable[[int], None]
"""Told how many members there are so far."""


class MassActForNobody(Refusal):
    """What was named for a mass act has no account that it could be done to.

    Operator: the numbers have no accounts, nobody holds such a certificate, or all of it is undone already.
    """

    code = "mass_act_for_nobody"


@dataclass
class _Gathered:
    """What the source has given so far."""

    seen: set[UUID]
    changed: int = 0
    unknown: int = 0
    repeated: int = 0


async def prepare(
    database: Database,
    order: Order,
    source: Source,
    *,
    told_for: timedelta = TOLD_FOR,
    now: datetime,
    progress: Progress | None = None,
) -> Job:
    """A job that may be begun, with its dry run in `figures`. Any number of members, a few thousand a transaction.

    Raises `MassActForNobody`, and `MassJobUnfit` when somebody cancelled it meanwhile.
    """
    job_id = await database.run(mass_jobs.open_job, order, now=now)
    gathered = _Gathered(set())
    async for chunk in source.chunks(database):
        await _take_in(database, job_id, chunk, gathered)
        if progress is not None:
            progress(len(gathered.seen))
    if len(gathered.seen) == gathered.changed:
        await database.run(mass_jobs.cancel, job_id, actor=order.actor, now=now)
        raise MassActForNobody
    figures = await foresee(database, job_id, order, members=len(gathered.seen), told_for=told_for, now=now)
    said = {**source.described, "unknown": gathered.unknown}
    if "repeated" in said:
        # By its number and by its account's id, say.
        said["repeated"] += gathered.repeated
    return await database.run(_make_ready, job_id, said, figures.to_json(), len(gathered.seen), now=now)


async def _take_in(database: Database, job_id: UUID, chunk: Chunk, gathered: _Gathered) -> None:
    fresh = [each for each in dict.fromkeys(chunk.accounts) if each not in gathered.seen]
    gathered.unknown += chunk.unknown
    gathered.repeated += len(chunk.accounts) - len(fresh)
    gathered.changed += len(chunk.changed)
    for first in range(0, len(fresh), _AT_ONCE):
        some = fresh[first : first + _AT_ONCE]
        await database.run(_add, job_id, some, chunk, first=len(gathered.seen) + 1)
        gathered.seen.update(some)


def _add(db: Unit, job_id: UUID, accounts: Sequence[UUID], chunk: Chunk, *, first: int) -> None:
    db.many(
        _ADD,
        [
            {
                "job_id": job_id,
                "position": position,
                "account_id": account,
                "state": MemberState.CHANGED if account in chunk.changed else MemberState.WAITING,
            }
            for position, account in enumerate(accounts, start=first)
        ],
    )


def _make_ready(
    db: Unit, job_id: UUID, source: Mapping[str, Any], figures: Mapping[str, Any], members: int, *, now: datetime
) -> Job:
    job = mass_jobs.make_ready(db, job_id, source=source, figures=figures, members=members)
    if job is None:
        raise MassJobUnfit("cancelled_meanwhile")
    event = MassActPrepared(
        job_id, job.order.act, job.order.reason, RegisteredText(job.order.basis), members, job.undoes
    )
    record(db, event, actor=job.order.actor, now=now)
    return job
