"""Portals that are bad in every way harm nobody else (F-25, I-03, I-14, I-17)."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from idp.accounts.finding import Account
from idp.outbound import Outbound
from idp.portals import registering
from idp.portals.portals import Portals
from idp.portals.reading import read_portals
from idp.signals.sending import CONNECTIONS
from idp.storage import Database
from idp.storage.identifiers import new_id
from tests.faults.hostile_portals import Hostile, hostile_portals
from tests.signals.listening import Listening
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.portal_file import portal_file, portal_members
from tests.support.small_server import serving

pytestmark = pytest.mark.anyio

GOOD = 5
# What each leaves in its receipt: the state, and why.
BAD = {
    "hangs": ("sent", "outbound_unavailable"),
    "breaks off": ("sent", "outbound_unavailable"),
    "drips its head": ("sent", "outbound_unavailable"),
    "endless head": ("sent", "outbound_unavailable"),
    "500": ("sent", "status_500"),
    "302": ("sent", "status_302"),
    "307": ("sent", "status_307"),
    "404": ("failed", "refused_404"),
    "nonsense": ("sent", "outbound_unavailable"),
    "another's certificate": ("sent", "outbound_unavailable"),
    "refuses": ("sent", "outbound_unavailable"),
    # It said 200, and that is all that counts.
    "drips its body": ("acknowledged", None),
    "endless body": ("acknowledged", None),
}


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    async with hostile_portals() as portals:
        yield portals


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    return await House.build(database, clock)


@pytest.fixture
async def woman(house: House) -> Account:
    return await house.account("ordinary-woman")


@pytest.fixture
async def listening(house: House, woman: Account, hostile: Hostile) -> AsyncIterator[Listening]:
    """Five good portals first, and then each bad one, in the order of `hostile.addresses`."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(GOOD)]
        made = await Listening.build(house, woman, servers, beyond=list(hostile.addresses.values()))
        yield made
        await made.close()


async def everybody_met(listening: Listening, hostile: Hostile) -> None:
    session, _ = await listening.house.sign_in(listening.woman)
    for number in range(GOOD + len(hostile.addresses)):
        await listening.meets(number, session)


async def test_each_harms_nobody_else(listening: Listening, hostile: Hostile) -> None:
    await everybody_met(listening, hostile)
    act, began, sender = await listening.ends(), time.monotonic(), listening.sender()
    good = {listening.portal_id(number) for number in range(GOOD)}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await sender.run_once()
    async with asyncio.timeout(2.5):
        while {each.portal_id for each in await listening.receipts(act) if each.state == "acknowledged"} < good:
            await asyncio.sleep(0.01)
    await sender.wait()
    assert time.monotonic() - began < 8, "the slowest is left after three seconds"
    found = {each.portal_id: (each.state, each.reason) for each in await listening.receipts(act)}
    names = {listening.portal_id(GOOD + place): name for place, name in enumerate(hostile.addresses)}
    assert {names[portal]: told for portal, told in found.items() if portal not in good} == BAD
    assert hostile.trap.connections == 0, "a redirect was followed"
    assert hostile.flooded.keys() == {"endless head", "endless body"}
    assert max(hostile.flooded.values()) < 32 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 64 << 10  # KiB


async def test_they_are_left_in_peace_while_others_go_on(listening: Listening, hostile: Hostile) -> None:
    """Again and again, with many for each of them: no place is kept that was not given back."""
    await everybody_met(listening, hostile)
    sender = listening.sender()
    acts = []
    for _ in range(4):
        session, _ = await listening.house.sign_in(listening.woman)
        for number in range(GOOD + len(hostile.addresses)):
            await listening.meets(number, session, sid=str(session))
        acts.append(await listening.ends(session))
        await sender.run_once()
        async with asyncio.timeout(2.5):
            # Each hears of the session that lived, and of the person for those before it.
            while sum(each.state == "acknowledged" for each in await listening.receipts(acts[-1])) < 2 * GOOD:
                await sender.run_once()
                await asyncio.sleep(0.01)
        listening.house.clock.advance(seconds=1)
    await sender.wait()
    asked = {name: len(server.requests) for name, server in hostile.servers.items()}
    assert max(asked[name] for name in ("hangs", "500", "302", "nonsense")) <= 4
    assert all(len(server.requests) == 8 for server in listening.servers[:GOOD])


@pytest.mark.parametrize(
    "address",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/logout",
        "https://[fd00::1]/logout",
        "https://192.168.1.1/logout",
        "https://100.64.0.1/logout",
        "https://[::ffff:a00:1]/logout",
        "https://127.0.0.1/logout",
        "https://0.0.0.0/logout",
    ],
)
async def test_addresses_of_our_own_network_are_not_called(house: House, woman: Account, address: str) -> None:
    """A portal that names one gets nothing from there, however it came to be registered: a name may lead there later.

    Registration itself refuses them outside the demo (tests/portals/test_reading.py).
    """
    members = portal_members("portal-0", backchannel_logout_uri=address)
    portals = read_portals(portal_file(members), demo=True)
    await house.database.run(registering.register, portals, now=house.clock.now())
    async with AsyncExitStack() as stack:
        out = Outbound(connections=CONNECTIONS)
        stack.push_async_callback(out.close)
        made = Listening(house, woman, [], await Portals.load(house.database), out)
        await made.meets(0, new_id(house.clock.now()))
        act = await made.ends()
        began = time.monotonic()
        await made.sends()
        assert time.monotonic() - began < 1
        [receipt] = await made.receipts(act)
        assert (receipt.state, receipt.reason) == ("sent", "outbound_not_allowed")
