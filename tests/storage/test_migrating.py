"""A running system is migrated while people sign in: what takes long keeps nobody from writing."""

import asyncio
import os
import sys
from asyncio import Task
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from subprocess import CompletedProcess, run

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from idp.storage.migrations import upgrade
from tests.support.postgresql import PostgreSQL

pytestmark = pytest.mark.anyio

_BEFORE = {"0011": "0010", "0009": "0008"}
_TABLE = {"0011": "audit_events", "0009": "deliveries"}
_INDEX = {"0011": "ix_audit_events_reference", "0009": "ix_deliveries_settled_at"}
_BUILDING = "SELECT pid FROM pg_stat_activity WHERE query LIKE '% INDEX CONCURRENTLY %' AND wait_event_type = 'Lock'"
_LOCK = "LOCK TABLE {table} IN ROW EXCLUSIVE MODE"  # as every insertion does

_SETTINGS = {"IDP_ISSUER": "https://op.test", "IDP_MODE": "demo"}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def building(watcher: asyncpg.Connection, migrating: Task[None]) -> int:
    """Who builds the index and waits for a transaction that is open."""
    while (pid := await watcher.fetchval(_BUILDING)) is None:
        assert not migrating.done(), migrating.exception()
        await asyncio.sleep(0.01)
    return int(pid)


async def is_valid(connection: asyncpg.Connection, revision: str) -> bool:
    asked = "SELECT indisvalid FROM pg_index WHERE indexrelid = $1::regclass"
    return bool(await connection.fetchval(asked, _INDEX[revision]))


def migrates(url: str) -> CompletedProcess[str]:
    """`idp migrate`, in a process of its own."""
    environment = {**os.environ, **_SETTINGS, "IDP_DATABASE_URL": url}  # noqa: TID251  (a program gets what this one has)
    return run([sys.executable, "-m", "idp", "migrate"], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("revision", ["0009", "0011"])
async def test_a_large_table_is_indexed_while_others_write_and_again_where_it_was_broken_off(
    postgresql_server: PostgreSQL, revision: str
) -> None:
    url = postgresql_server.new_database(f"indexing_{revision}")
    await asyncio.to_thread(upgrade, url, _BEFORE[revision])
    async with connected(url) as writer, connected(url) as watcher:
        writing = writer.transaction()
        await writing.start()
        await writer.execute(_LOCK.format(table=_TABLE[revision]))
        migrating = asyncio.create_task(asyncio.to_thread(upgrade, url, revision))
        builder = await building(watcher, migrating)

        await watcher.execute("SET lock_timeout = '1s'")
        async with watcher.transaction():
            await watcher.execute(_LOCK.format(table=_TABLE[revision]))
        second = await asyncio.to_thread(migrates, url)
        assert (second.returncode, second.stderr) == (1, "Another process is migrating this database.\n")

        await watcher.execute("SELECT pg_cancel_backend($1)", builder)
        with pytest.raises(DBAPIError, match="canceling statement"):
            await migrating
        assert not await is_valid(watcher, revision)
        await writing.commit()

        await asyncio.to_thread(upgrade, url)
        assert await is_valid(watcher, revision)
