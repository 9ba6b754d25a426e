"""What each grant costs with each binding, as processor time of the provider and as a multiple of the plain sign-on."""

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

from tests.benchmarks.grant_kinds import KINDS, PortalKind, Visit
from tests.benchmarks.load import Connection
from tests.benchmarks.processor_time import processor_seconds
from tests.benchmarks.provider_contender import provider_contender
from tests.benchmarks.rounds import Contender
from tests.benchmarks.table import budget_line, laid_out
from tests.support.portal_file import portal_file
from tests.support.postgresql import PostgreSQL

ROUNDS: Final = 7
FLOWS: Final = 500
CONNECTIONS: Final = 8
_PLAIN: Final = "code, secret, bearer"
_STRICT: Final = "code, PAR, private_key_jwt, DPoP"


def grants(server: PostgreSQL) -> None:
    """Rounds of every kind in turn, on one provider."""
    portals = portal_file(*{kind.client_id: kind.row() for kind, _ in KINDS.values()}.values()).decode()
    pid = server.program.pid
    url = server.new_database("grants")
    with provider_contender("grants", url, database_pid=pid, accounts=1000, more_portals=portals) as it:
        used: dict[str, list[tuple[float, float]]] = {name: [] for name in KINDS}
        for number in range(ROUNDS + 1):
            for name, (portal, work) in KINDS.items():
                milliseconds = asyncio.run(_round(it, portal, work()))
                if number:  # the first warms up
                    used[name].append(milliseconds)
    middle = {name: [median(each) for each in zip(*values, strict=True)] for name, values in used.items()}
    plain = middle[_PLAIN][0]
    rows = [("CPU ms each", "provider", "× plain", "database")]
    rows += [(name, f"{own:.3f}", f"{own / plain:.2f}", f"{its:.3f}") for name, (own, its) in middle.items()]
    print(laid_out(rows))
    print(budget_line("PAR + DPoP + private_key_jwt × plain flow", middle[_STRICT][0] / plain, at_most=2))


async def _round(it: Contender, portal: PortalKind, work: Callable[[Visit], Awaitable[None]]) -> tuple[float, float]:
    target = it.target
    wires = [await Connection.open(target, number) for number in range(CONNECTIONS)]
    visits = [
        Visit(wire, target.base_url, target.cookies[number % len(target.cookies)], portal)
        for number, wire in enumerate(wires)
    ]
    try:
        # A nonce, a code or a refresh token to begin with does not count.
        await asyncio.gather(*(work(visit) for visit in visits))
        left = iter(range(FLOWS))

        async def one(visit: Visit) -> None:
            for _ in left:
                await work(visit)

        before = processor_seconds(it.pid), processor_seconds(it.database_pid or 0)
        await asyncio.gather(*(one(visit) for visit in visits))
        after = processor_seconds(it.pid), processor_seconds(it.database_pid or 0)
    finally:
        for wire in wires:
            wire.close()
    return (after[0] - before[0]) / FLOWS * 1000, (after[1] - before[1]) / FLOWS * 1000
