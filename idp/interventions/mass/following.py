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

_LOOKS_EVERY: Final = 0.5  # seconds


async def follow(parts: Parts, job_id: UUID, *, work: bool) -> dict[str, Any]:
    """Until the job is over or paused; what it has come to. Raises `MassJobUnknown`."""
    worker = asyncio.create_task(_works(parts)) if work else None
    try:
        with _bar() as bar:
            task = bar.add_task("", total=None)
            while True:
                job = await parts.database.read(mass_jobs.find, job_id)
                counted = await progress(parts.database, job_id, members=job.members)
                handled = job.members - counted[MemberState.WAITING]
                bar.update(task, description=job.state, total=job.members, completed=handled)
                if job.state not in (JobState.PREPARED, JobState.RUNNING):
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


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
