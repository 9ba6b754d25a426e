"""`kill -9` of whoever sends, at random moments: every portal is told everything, and each thing under one name."""

import asyncio
import secrets
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest

from idp.keys import SigningKeys
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.signals.claims import HELD
from idp.signals.ledger import Receipt
from idp.signals.line import WIDEST
from idp.storage import Database
from tests.signals.listening import Listening, logout_token
from tests.support.clock import ManualClock
from tests.support.forging import claims_of
from tests.support.house import ISSUER, House
from tests.support.small_server import serving

pytestmark = pytest.mark.anyio

PORTALS = 3
EACH = 25  # sessions that end at each portal, a kill
MASTER = secrets.token_bytes(32)


@pytest.fixture
async def listening(database: Database, clock: ManualClock) -> AsyncIterator[Listening]:
    """Portals that take everything, in a house whose master key other processes can be given."""
    keyring = await Keyring.unlock(database, MasterKey(MASTER), now=clock.now())
    keys = await SigningKeys.load(database, keyring, now=clock.now())
    house = House(Settings(issuer=ISSUER, mode="demo"), clock, database, keyring, keys)
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(PORTALS)]
        made = await Listening.build(house, await house.account(), servers)
        yield made
        await made.close()


@asynccontextmanager
async def worker(listening: Listening, database_url: str) -> AsyncIterator[Process]:
    """A worker for the length of an `async with`; killed at its end at the latest."""
    now = listening.house.clock.now().isoformat()
    words = (database_url, MASTER.hex(), ISSUER, now, *(server.here for server in listening.servers))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.signals.worker", *words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def everywhere(listening: Listening, times: int) -> UUID:
    """So many sessions of hers, each of which met every portal, end by one act."""
    sessions = [(await listening.house.sign_in(listening.woman))[0] for _ in range(times)]
    for session in sessions:
        for number in range(PORTALS):
            await listening.meets(number, session, sid=str(session))
    return await listening.ends(*sessions)


def heard(listening: Listening) -> list[tuple[int, str, str | None]]:
    """Which portal was told what: the token's name, and the session it is about."""
    return [
        (number, claims["jti"], claims.get("sid"))
        for number, server in enumerate(listening.servers)
        for claims in (claims_of(logout_token(request)) for request in server.requests)
    ]


async def until_asked(listening: Listening, times: int) -> None:
    async with asyncio.timeout(30):
        while len(heard(listening)) < times:
            await asyncio.sleep(0.01)


async def everything_sent(listening: Listening, acts: list[UUID]) -> list[Receipt]:
    """By a worker that lives. Where the machine was so busy that a call was broken off, it is made again when due."""
    for _ in range(5):
        await listening.sends()
        found = [each for act in acts for each in await listening.receipts(act)]
        if all(each.state == "acknowledged" for each in found):
            break
        listening.house.clock.advance(minutes=10)
    return found


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.long)])
async def test_nothing_is_lost_and_nothing_has_two_names(listening: Listening, database_url: str, kills: int) -> None:
    acts = []
    for _ in range(kills):
        acts.append(await everywhere(listening, EACH))
        before = len(heard(listening))
        async with worker(listening, database_url) as running:
            await until_asked(listening, before + 1)
            await asyncio.sleep(secrets.randbelow(60) / 1000)
            running.kill()
        # Their clock went on while they lived.
        listening.house.clock.advance(seconds=HELD.total_seconds() + 60)
    found = await everything_sent(listening, acts)
    assert {each.state for each in found} == {"acknowledged"}
    told = heard(listening)
    by_portal = {listening.portal_id(number): number for number in range(PORTALS)}
    assert {(number, jti) for number, jti, _ in told} == {(by_portal[each.portal_id], str(each.id)) for each in found}
    # One name is of one session, each of which ended once at each portal.
    assert len(set(told)) == len({jti for _, jti, _ in told}) == len(found) >= kills * EACH * PORTALS
    assert len({(number, sid) for number, _, sid in told if sid}) == kills * EACH * PORTALS
    # What was on its way when somebody died is repeated, and nothing else.
    assert len(told) - len(found) <= kills * WIDEST * PORTALS


async def test_two_workers_that_live_tell_each_thing_once(listening: Listening, database_url: str) -> None:
    first = await everywhere(listening, 2)
    async with worker(listening, database_url), worker(listening, database_url):
        await until_asked(listening, PORTALS * 2)
        acts = [first, *[await everywhere(listening, 30) for _ in range(3)]]
        async with asyncio.timeout(60):
            while {each.state for act in acts for each in await listening.receipts(act)} != {"acknowledged"}:
                await asyncio.sleep(0.2)
        names = Counter(jti for _, jti, _ in heard(listening))
        assert set(names.values()) == {1}
        assert len(names) == sum([len(await listening.receipts(act)) for act in acts])
