"""Empty databases with every table, made once and copied for each test."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread

import asyncpg

from idp.storage.migrations import upgrade
from tests.support.postgresql import PostgreSQL

TEMPLATE = "template_idp"
_NUMBERS = count()


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file to copy from."""
    path = folder / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The address of a fresh copy of the template."""
    path = folder / f"idp{next(_NUMBERS)}.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


# Quicker than a new copy for each test: rows go without their foreign keys being asked, what a test made is dropped.
_EMPTY = """
DO $$ DECLARE known record; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR known IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        IF known.name = 'alembic_version' THEN CONTINUE;
        ELSIF known.name IN ({tables}) THEN EXECUTE format('DELETE FROM %I', known.name);
        ELSE EXECUTE format('DROP TABLE %I CASCADE', known.name);
        END IF;
    END LOOP;
END $$
"""


class _Emptying:
    """One connection to each database, on a loop of its own: quicker than a program for each test."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._connections: dict[str, asyncpg.Connection] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="emptying", daemon=True)
        self._thread.start()

    def empty(self, url: str) -> None:
        """Leave nobody connected but us, and no row."""
        asyncio.run_coroutine_threadsafe(self._empty(url), self._loop).result(timeout=60)

    def close(self) -> None:
        """Let go of every database."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _empty(self, url: str) -> None:
        connection = self._connections.get(url)
        if connection is None or connection.is_closed():
            connection = self._connections[url] = await asyncpg.connect(url)
        await connection.execute(self._statement)

    async def _close(self) -> None:
        for connection in self._connections.values():
            await connection.close()


class PostgresqlDatabases:
    """Migrated, empty databases of one server, lent to one test after another."""

    def __init__(self, server: PostgreSQL) -> None:
        self._server = server
        self._free: list[str] = []
        upgrade(server.new_database(TEMPLATE))
        listed = "SELECT quote_literal(tablename) FROM pg_tables WHERE schemaname = 'public'"
        self._emptying = _Emptying(_EMPTY.format(tables=", ".join(server.run_sql(listed, database=TEMPLATE))))

    def close(self) -> None:
        """No more is lent."""
        self._emptying.close()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of an empty one, for this test alone."""
        if self._free:
            name = self._free.pop()
        else:
            name = f"test_{next(_NUMBERS)}"
            self._server.new_database(name, template=TEMPLATE)
        yield self._server.url(name)
        self._emptying.empty(self._server.url(name))
        self._free.append(name)
