"""An outbox on each engine, and the master key that other processes need to open it too."""

import secrets

import pytest

from idp.sealing import Keyring, MasterKey
from idp.storage import Database
from tests.support.clock import ManualClock


@pytest.fixture
def master() -> MasterKey:
    return MasterKey(secrets.token_bytes(32))


@pytest.fixture
async def keyring(database: Database, master: MasterKey, clock: ManualClock) -> Keyring:
    return await Keyring.unlock(database, master, now=clock.now())
