"""A house with portals that are really there: small servers that a test tells what to answer."""

from collections.abc import AsyncIterator

import pytest

from idp.accounts.finding import Account
from idp.storage import Database
from tests.signals.listening import Listening
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.small_server import serving


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    return await House.build(database, clock)


@pytest.fixture
async def woman(house: House) -> Account:
    return await house.account("ordinary-woman")


@pytest.fixture
async def listening(house: House, woman: Account) -> AsyncIterator[Listening]:
    async with serving() as first, serving() as second:
        listening = await Listening.build(house, woman, [first, second])
        yield listening
        await listening.close()
