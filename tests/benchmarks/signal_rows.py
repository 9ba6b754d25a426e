"""The rows about telling portals: how soon a hundred know of an act while ten are dead, and how many acts one takes."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from idp.clock import Clock
from idp.portals import read_portals, register
from idp.sealing.master_key import new_master_key
from idp.signals.ledger import receipts
from idp.signals.queueing import note_meeting, tell_of_accounts
from idp.storage import Database, Unit
from idp.storage.identifiers import new_id
from tests.benchmarks.provider_contender import provider_contender
from tests.benchmarks.table import budget_line
from tests.support.portal_file import portal_file, portal_members
from tests.support.ports import free_port
from tests.support.postgresql import PostgreSQL
from tests.support.provider import LoopThread
from tests.support.small_server import Server, answer

_LIVING = 100
_HANGING = 5
_REFUSING = 5
_ACTS = 20
_MANY = 5000  # people of a mass act, at three portals
_WORKERS = 2


def signals(server: PostgreSQL) -> None:
    """Both rows, on a provider of two workers."""
    with _portals() as addresses:
        url = server.new_database("signals")
        environment = {
            "IDP_MASTER_KEY": new_master_key(),
            "IDP_OUTBOUND_ALLOW": " ".join(addresses),
            "IDP_LOG_LEVEL": "warning",
        }
        with provider_contender("signals", url, workers=_WORKERS, accounts=1, sessions=1, environment=environment):
            asyncio.run(_measure(url, addresses))


async def _measure(url: str, addresses: Sequence[str]) -> None:
    database = await Database.open(url)
    try:
        portals = await _register(database, addresses)
        seconds: list[float] = []
        for _ in range(_ACTS):
            seconds += await _one_act(database, portals)
        print(f"one act, {_LIVING} portals that answer, {_HANGING + _REFUSING} dead: median {median(seconds):.2f} s")
        last = sorted(seconds)[math.ceil(len(seconds) * 0.99) - 1]
        print(budget_line("from an act until a portal has taken it, p99, s", last, at_most=10))
        rate = await _mass_act(database, portals[:3])
        print(f"{_MANY:,} people revoked together, 3 portals each: {rate:.0f} notices a second taken by each portal")
    finally:
        await database.close()


async def _register(database: Database, addresses: Sequence[str]) -> list[UUID]:
    """The ids of portals that listen there, once the provider has seen them."""
    members = [
        portal_members(f"listener-{number}", backchannel_logout_uri=f"http://{address}/logout")
        for number, address in enumerate(addresses)
    ]
    done = await database.run(register, read_portals(portal_file(*members), demo=True), now=Clock().now())
    await asyncio.sleep(2)
    return [each.portal.id for each in done]


async def _one_act(database: Database, portals: Sequence[UUID]) -> list[float]:
    """How long it took until each portal that answers had taken it; infinite for one that did not in 30 s."""
    act, account, now = new_id(Clock().now()), new_id(Clock().now()), Clock().now()
    await database.run(_tell, {account: act}, portals)
    living, taken = set(portals[:_LIVING]), dict[UUID, float]()
    while len(taken) < _LIVING and Clock().now() - now < timedelta(seconds=30):
        await asyncio.sleep(0.25)
        told = await database.read(receipts, act)
        taken = {each.portal_id: each.seconds for each in told if each.seconds is not None and each.portal_id in living}
    return [taken.get(portal) or math.inf for portal in living]


async def _mass_act(database: Database, portals: Sequence[UUID]) -> float:
    """Notices a second that each portal took, once all were queued."""
    now, waiting = Clock().now(), list[UUID]()
    for _ in range(_MANY // 500):
        group = {new_id(now): new_id(now) for _ in range(500)}
        await database.run(_tell, group, portals)
        waiting += group.values()
    began, ends = Clock().now(), list[datetime]()
    while waiting:
        told = await database.read(receipts, waiting[-1])
        settled = [each.settled_at for each in told if each.settled_at]
        if len(settled) == len(told):
            ends += [at for at in settled if at > began]
            waiting.pop()
        else:
            await asyncio.sleep(0.25)
    return len(ends) / len(portals) / (max(ends) - began).total_seconds() if ends else math.inf


def _tell(db: Unit, acts: dict[UUID, UUID], portals: Sequence[UUID]) -> None:
    """People who met these portals, and an act on each of them. Nobody of the provider's tables has to be there."""
    now = Clock().now()
    sessions = {account: new_id(now) for account in acts}
    for account, session in sessions.items():
        for portal in portals:
            note_meeting(
                db,
                session_id=session,
                portal_id=portal,
                account_id=account,
                sub="s" * 43,
                sid="i" * 43,
                listens=True,
                now=now,
            )
    tell_of_accounts(db, acts, living=set(sessions.values()), since=now - timedelta(days=30), now=now)


@contextmanager
def _portals() -> Iterator[list[str]]:
    """Addresses: of those that answer at once first, then of those that hang, then of those that refuse."""
    thread, hung = LoopThread(), asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        # A server of asyncio's reports a handler that was cancelled as a fault.
        with suppress(asyncio.CancelledError):
            await hung.wait()

    async def start(known: Server) -> asyncio.Server:
        listening = await asyncio.start_server(known.serve, "127.0.0.1", 0, backlog=1024)
        known.port = listening.sockets[0].getsockname()[1]
        return listening

    with ExitStack() as stack:
        stack.callback(thread.close)
        living = [Server(answer=answer(b"")) for _ in range(_LIVING)]
        hanging = [Server(respond=hang) for _ in range(_HANGING)]
        listening = [thread.run(start(known)) for known in (*living, *hanging)]
        stack.callback(lambda: thread.run(_end(listening)))
        yield [*(known.here for known in (*living, *hanging)), *(f"127.0.0.1:{free_port()}" for _ in range(_REFUSING))]


async def _end(listening: Sequence[asyncio.Server]) -> None:
    for each in listening:
        each.close()
    talks = asyncio.all_tasks() - {asyncio.current_task()}
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*(talk for talk in talks if talk), return_exceptions=True)
