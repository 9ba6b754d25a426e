"""Signing keys, of a database of each engine or, where the database does not matter, of one made once."""

import asyncio
import secrets
from pathlib import Path

import pytest

from idp.keys import SigningKeys
from idp.sealing import Keyring, MasterKey
from idp.storage import Database
from tests.support.clock import START, ManualClock
from tests.support.schema import sqlite_copy


@pytest.fixture
async def keyring(database: Database, clock: ManualClock) -> Keyring:
    return await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())


@pytest.fixture(scope="session")
def keys(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    """One key of each algorithm, made at `START`."""

    async def load() -> SigningKeys:
        database = await Database.open(sqlite_copy(_sqlite_template, tmp_path_factory.mktemp("keys")))
        keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=START)
        try:
            return await SigningKeys.load(database, keyring, now=START)
        finally:
            await database.close()

    return asyncio.run(load())
