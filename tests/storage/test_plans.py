"""PostgreSQL keeps the plans that a connection made while tables were small or empty: they must be right later on."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from idp.accounts import restrictions
from idp.storage import Database
from tests.support.schema import PostgresqlDatabases

pytestmark = pytest.mark.anyio

_OFTEN = 8  # more than the five after which a plan is kept
_MANY = [UUID(int=serial) for serial in range(50)]
_SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'restrictions'"


async def test_an_empty_table_is_read_by_its_index(_postgresql_databases: PostgresqlDatabases) -> None:
    with _postgresql_databases.lend() as url:
        watcher = await asyncpg.connect(url)
        whole, by_index = await watcher.fetchrow(_SCANS)
        database = await Database.open(url)
        for _ in range(_OFTEN):
            await database.read(restrictions.standing, _MANY)
        await database.close()
        async with asyncio.timeout(15):
            # A connection tells what it counted when it ends.
            while (found := await watcher.fetchrow(_SCANS))["idx_scan"] < by_index + _OFTEN:
                await asyncio.sleep(0.05)
        await watcher.close()
    assert found["seq_scan"] == whole
