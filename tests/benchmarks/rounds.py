"""Providers measured in turn: a round of one, a round of the next, again and again.

A busy machine slows all of them alike, so ratios of medians hold where absolute figures do not.

"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.load import STEPS, Target, drive, drive_by_step
from tests.benchmarks.processor_time import processor_seconds


@dataclass(frozen=True)
class Contender:
    """A provider that is running: how to drive it and whose processor time it uses.

    `pid` is the parent of its workers. `database_pid` is PostgreSQL's parent process, or None where the database
    is in the provider's own process; contenders on one server do not mix, because they take turns.
    """

    target: Target
    pid: int
    database_pid: int | None = None


@dataclass(frozen=True)
class Round:
    """Processor milliseconds of the provider for one request of each step and for a whole flow, and of its database
    for a whole flow; whole flows a second; the latency that 99 of 100 token requests stay under, in ms."""

    steps: dict[str, float]
    flow: float
    database: float
    flows_per_second: float
    token_p99: float


def interleaved(
    contenders: Sequence[Contender], *, rounds: int = 5, connections: int = 8, requests: int = 1500, seconds: float = 3
) -> dict[str, list[Round]]:
    """Rounds of every contender by its name. The first round of each warms it up and is not kept."""
    kept: dict[str, list[Round]] = {contender.target.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            measured = asyncio.run(_round(contender, connections, requests, seconds))
            if number:
                kept[contender.target.name].append(measured)
    return kept


def medians(rounds: Sequence[Round]) -> Round:
    """The middle of each figure over the rounds of one contender."""
    return Round(
        {step: median(each.steps[step] for each in rounds) for step in STEPS},
        flow=median(each.flow for each in rounds),
        database=median(each.database for each in rounds),
        flows_per_second=median(each.flows_per_second for each in rounds),
        token_p99=median(each.token_p99 for each in rounds),
    )


async def _round(contender: Contender, connections: int, requests: int, seconds: float) -> Round:
    database = [contender.database_pid] if contender.database_pid else []
    by_step = await drive_by_step(
        contender.target,
        connections=connections,
        requests=requests,
        meter=lambda: processor_seconds(contender.pid),
    )
    before = processor_seconds(contender.pid), processor_seconds(*database)
    flows = await drive(contender.target, connections=connections, seconds=seconds)
    after = processor_seconds(contender.pid), processor_seconds(*database)
    token = sorted(flows.latencies["token"])
    return Round(
        {step: used * 1000 for step, used in by_step.items()},
        flow=(after[0] - before[0]) / flows.count * 1000,
        database=(after[1] - before[1]) / flows.count * 1000,
        flows_per_second=flows.count / flows.seconds,
        token_p99=token[int(len(token) * 0.99)] * 1000,
    )
