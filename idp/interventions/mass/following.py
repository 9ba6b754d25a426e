"""Watching a mass act from the command line, and working at it where no provider is running."""

import asyncio
from typing import Any, Final
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from idp.accounts.command_line import Parts
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.figures import progress
from idp.interventions.mass.jobs import JobState, MemberState
from idp.interventions.mass.shown import shown
from idp.storage import Unit

_LOOKS_EVERY: Final = 0.5  # seconds


async def follow(parts: Parts, job_id: UUID, *, work: bool) -> dict[str, Any]:
    """Until the job is over or paused; what it has come to. Raises `MassJobUnknown`."""
    worker = asyncio.create_task(_works(parts)) if work else None
    try:
        with _bar() as bar:
            task = bar.add_task("", total=None)
            while True:
                state, members, left = await parts.database.read(_look, job_id)
                bar.update(task, description=state, total=members, completed=members - left)
                if state not in (JobState.PREPARED, JobState.RUNNING):
                    return await shown(parts.database, job_id)
                if worker is not None and worker.done():
                    worker.result()
                    worker = asyncio.create_task(_works(parts))
                await asyncio.sleep(_LOOKS_EVERY)
    finally:
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def _works(parts: Parts) -> None:
    await mass_upkeep.run_once(parts.database, parts.keyring, clock=parts.clock, told_for=parts.settings.told_for)


def _look(db: Unit, job_id: UUID) -> tuple[JobState, int, int]:
    job = mass_jobs.find(db, job_id)
    return job.state, job.members, progress(db, job_id)[MemberState.WAITING]


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
