"""A house with one person in it, signed in."""

import pytest

from idp.accounts.finding import Account
from idp.storage import Database
from tests.support.clock import ManualClock
from tests.support.house import House


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    return await House.build(database, clock)


@pytest.fixture
async def woman(house: House) -> Account:
    return await house.account("ordinary-woman")
