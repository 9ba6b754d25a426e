"""What a second worker costs: the same load on one worker, on two workers, and on two providers of one worker each.

The last is the control. Two processes that have nothing to do with each other also take more processor time than one,
where they share cores and caches with each other, with PostgreSQL and with the driver: only what two workers cost
beyond that is ours.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

from tests.benchmarks.load import Flows, drive
from tests.benchmarks.processor_time import processor_seconds
from tests.benchmarks.provider_contender import provider_contender
from tests.benchmarks.rounds import Contender
from tests.support.postgresql import PostgreSQL

ROUNDS = 8
CONNECTIONS = 8
SECONDS = 2.5


def cost_of_a_second_worker(server: PostgreSQL) -> tuple[float, float]:
    """CPU for a flow on two workers as a multiple of one worker's, and of that of two providers side by side."""
    with ExitStack() as stack:

        def provider(name: str, workers: int = 1) -> Contender:
            return stack.enter_context(provider_contender(name, server.new_database(name), workers=workers))

        one, other, two = provider("alone"), provider("beside"), provider("pair", workers=2)
        sides: dict[str, Sequence[Contender]] = {"one": [one], "two": [two], "apart": [one, other]}
        used: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(ROUNDS + 1):
            for name, contenders in sides.items():
                milliseconds = asyncio.run(_for_a_flow(contenders))
                if number:  # the first warms up
                    used[name].append(milliseconds)
    middle = {name: median(values) for name, values in used.items()}
    return middle["two"] / middle["one"], middle["two"] / middle["apart"]


async def _for_a_flow(contenders: Sequence[Contender]) -> float:
    def meter() -> float:
        return sum(processor_seconds(contender.pid) for contender in contenders)

    before = meter()
    done = await asyncio.gather(*(_drive(each, CONNECTIONS // len(contenders)) for each in contenders))
    return (meter() - before) / sum(flows.count for flows in done) * 1000


async def _drive(contender: Contender, connections: int) -> Flows:
    return await drive(contender.target, connections=connections, seconds=SECONDS)
