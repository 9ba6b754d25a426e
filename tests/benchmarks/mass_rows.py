"""The rows about mass acts: what one costs the database, and what others who sign in meanwhile feel of it (F-32)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from idp.clock import Clock
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import lines as mass_lines
from idp.interventions.mass import upkeep as mass_upkeep
from idp.interventions.mass.jobs import Job, JobState
from idp.interventions.mass.preparing import prepare
from idp.interventions.mass.sources import Listed
from idp.interventions.orders import Act, Order, Reason
from idp.portals.portals import Portals
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.storage import Database
from idp.storage.identifiers import new_id
from idp.storage.migrations import upgrade
from tests.benchmarks import password_contender, steady
from tests.benchmarks.mass_people import add_people, number_of
from tests.benchmarks.processor_time import processor_seconds
from tests.benchmarks.provider_contender import CLIENT_ID, provider_contender
from tests.benchmarks.table import budget_line
from tests.support.postgresql import PostgreSQL

ACCOUNTS: Final = 100_000
_BESIDE: Final = 20_000
_PASSWORDS: Final = 200
_PER_SECOND: Final = 8
_PASSWORDS_PER_SECOND: Final = 3
_SECONDS: Final = 20


def mass_acts(server: PostgreSQL, password_hash: str, *, accounts: int = ACCOUNTS, beside: int = _BESIDE) -> None:
    """Both."""
    asyncio.run(_alone(server, accounts))
    _meanwhile(server, password_hash, beside)


async def _alone(server: PostgreSQL, accounts: int) -> None:
    """The whole act by one worker on a database that has nothing else to do."""
    url = server.new_database("mass")
    await asyncio.to_thread(upgrade, url)
    house = await _House.open(url, MasterKey.from_text(new_master_key(), source="the bench"))
    try:
        began = time.perf_counter()
        await add_people(url, house.keyring, new_id(house.clock.now()), count=accounts, now=house.clock.now())
        filled = time.perf_counter()
        job = await house.prepared(accounts)
        read = time.perf_counter()
        meter = _Meter(house.database.run)
        house.database.run = meter.run
        used = processor_seconds(server.program.pid)
        await house.begin(job)
        await mass_upkeep.run_once(house.database, house.keyring, clock=house.clock)
        used = processor_seconds(server.program.pid) - used
        ended = time.perf_counter()
    finally:
        await house.database.close()
    print(
        f"{accounts:,} accounts revoked in one act: added in {filled - began:.0f} s, read from a file, looked up and"
        f" counted in {read - filled:.1f} s, revoked in {ended - read:.0f} s resting twice as long as it worked;"
        f" {used:.0f} s of PostgreSQL's processor time, longest batch {meter.longest * 1000:.0f} ms"
    )
    print(budget_line(f"{accounts:,} accounts revoked in one act, PostgreSQL: s", meter.seconds, at_most=60))


def _meanwhile(server: PostgreSQL, password_hash: str, accounts: int) -> None:
    """Others who sign in, at a steady rate, before an act and while the same worker carries one out."""
    url, master = server.new_database("meanwhile"), new_master_key()
    given = {"IDP_MASTER_KEY": master}
    with provider_contender("beside", url, accounts=_PASSWORDS, password_hash=password_hash, environment=given) as it:
        waiting = [password_contender.visits(it.target, accounts=_PASSWORDS, count=_PASSWORDS) for _ in range(2)]

        async def measure() -> tuple["_Felt", "_Felt"]:
            house = await _House.open(url, MasterKey.from_text(master, source="the bench"))
            try:
                portals = await Portals.load(house.database)
                portal = portals.get(CLIENT_ID)
                assert portal is not None
                await add_people(url, house.keyring, portal.id, count=accounts, now=house.clock.now())
                job = await house.prepared(accounts)
                await _feel(it.target, list(waiting[0][:20]), _for(3))
                before = await _feel(it.target, list(waiting[0][20:]), _for(_SECONDS))
                await house.begin(job)
                over = asyncio.Event()
                watcher = asyncio.create_task(house.watch(job, over))
                during = await _feel(it.target, list(waiting[1]), over.is_set)
                await watcher
                return before, during
            finally:
                await house.database.close()

        before, during = asyncio.run(measure())
    print(
        f"p99 of others while {accounts:,} accounts are revoked: "
        f"sign-ons {during.sign_ons * 1000:.0f} ms, before {before.sign_ons * 1000:.0f}; "
        f"passwords {during.passwords * 1000:.0f} ms, before {before.passwords * 1000:.0f}"
    )
    print(budget_line("other sign-ons' p99 × meanwhile", during.sign_ons / before.sign_ons, at_most=2))
    print(budget_line("other passwords' p99 × meanwhile", during.passwords / before.passwords, at_most=2))


@dataclass(frozen=True)
class _Felt:
    """Seconds that 99 of 100 stayed under."""

    sign_ons: float
    passwords: float


async def _feel(target: Any, visits: list[Any], until: Callable[[], bool]) -> _Felt:
    both = await asyncio.gather(
        steady.sign_ons(target, per_second=_PER_SECOND, until=until),
        steady.passwords(target, visits, per_second=_PASSWORDS_PER_SECOND, until=until),
    )
    return _Felt(*(sorted(each)[int(len(each) * 0.99)] for each in both))


def _for(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() >= end


@dataclass
class _House:
    """What a worker works with."""

    database: Database
    keyring: Keyring
    clock: Clock

    @classmethod
    async def open(cls, url: str, master: MasterKey) -> "_House":
        database, clock = await Database.open(url), Clock()
        return cls(database, await Keyring.unlock(database, master, now=clock.now()), clock)

    async def prepared(self, accounts: int) -> Job:
        """From a file with all their numbers."""
        file = "\n".join(map(number_of, range(accounts))).encode()
        source = Listed(self.keyring, mass_lines.accounts(file))
        order = Order(Act.REVOKE, Reason.LEAKED_BATCH, "Bench", "local_operator")
        return await prepare(self.database, order, source, now=self.clock.now())

    async def begin(self, job: Job) -> None:
        await self.database.run(mass_jobs.begin, job.id, actor="local_operator", now=self.clock.now())

    async def watch(self, job: Job, over: asyncio.Event) -> None:
        """Until the provider has done it."""
        while (await self.database.read(mass_jobs.find, job.id)).state is not JobState.DONE:
            await asyncio.sleep(0.2)
        over.set()


@dataclass
class _Meter:
    """Counts what passes in transactions."""

    inner: Callable[..., Awaitable[Any]]
    seconds: float = 0.0
    longest: float = field(default=0.0)

    async def run(self, *args: Any, **keywords: Any) -> Any:
        began = time.perf_counter()
        try:
            return await self.inner(*args, **keywords)
        finally:
            took = time.perf_counter() - began
            self.seconds += took
            self.longest = max(self.longest, took)
