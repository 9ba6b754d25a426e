"""SQLite: every writing unit on one thread, reads on a second, query-only one.

A thread that waits for statements one by one costs eight times more than one that runs the whole unit, and a deferred
BEGIN that turns into a write fails at once under contention, so: whole units, BEGIN IMMEDIATE (both measured).
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.dialects import sqlite

from idp.errors import Refusal
from idp.storage.refusals import DatabaseBusy
from idp.storage.statements import Row, Statement
from idp.storage.unit import TextUnreadable, only

P = ParamSpec("P")
R = TypeVar("R")

_DIALECT = sqlite.dialect()
_BUSY_SECONDS = 5.0
# By name: other operational errors, such as a missing table, are bugs.
_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY_DB")


class SqliteUnit:
    """One transaction on one SQLite connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._depth = 0

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """See `idp.storage.unit.Unit.one`."""
        row: Row | None = only(self.all(statement, **values))
        return row

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """See `idp.storage.unit.Unit.all`."""
        compiled = statement.on(_DIALECT)
        rows = self._connection.execute(compiled.text, compiled.arguments(values)).fetchall()
        return [compiled.convert(row) for row in rows]

    def execute(self, statement: Statement, /, **values: Any) -> int:
        """See `idp.storage.unit.Unit.execute`."""
        compiled = statement.on(_DIALECT)
        return self._connection.execute(compiled.text, compiled.arguments(values)).rowcount

    def write(self, statement: Statement, /, **values: Any) -> None:
        """See `idp.storage.unit.Unit.write`. Here there is no way to save, so it runs at once."""
        self.execute(statement, **values)

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]], /) -> None:
        """See `idp.storage.unit.Unit.many`."""
        compiled = statement.on(_DIALECT)
        self._connection.executemany(compiled.text, (compiled.arguments(row) for row in rows))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See `idp.storage.unit.Unit.savepoint`."""
        self._depth += 1
        name = f"s{self._depth}"
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._connection.execute(f"RELEASE {name}")
            self._depth -= 1


class SqliteEngine:
    """One file, one writer at a time, durable at every commit."""

    dialect_name = "sqlite"

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reader")
        self._write_connection = self._writer.submit(_connect, path, query_only=False).result()
        self._read_connection = self._reader.submit(_connect, path, query_only=True).result()

    async def run(self, unit: Callable[Concatenate[SqliteUnit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """One transaction, finished even when the caller is cancelled."""
        call = partial(_transact, self._write_connection, partial(unit, **keywords), args)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, call))

    async def read(self, unit: Callable[Concatenate[SqliteUnit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """Statements that see one state of the file and may not write."""
        call = partial(_look, self._read_connection, partial(unit, **keywords), args)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._reader, call))

    async def once(self, statement: Statement, /, **values: Any) -> Row | None:
        """See `idp.storage.database.Engine.once`."""
        return await self.run(SqliteUnit.one, statement, **values)

    async def close(self) -> None:
        """Wait for what runs, then close the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for executor, connection in ((self._reader, self._read_connection), (self._writer, self._write_connection)):
            executor.submit(connection.close).result()
            executor.shutdown()


def make_private(path: str | Path) -> None:
    """Make the file, when there is none, for this user alone. SQLite gives its log files the mode of the database."""
    # Never open one that is there: closing it again would drop every lock that this process holds on it (POSIX).
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _connect(path: str, *, query_only: bool) -> sqlite3.Connection:
    make_private(path)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=True)
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: with NORMAL a power cut may lose the last commits, and with them the marks of codes that were used.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")
    return connection


def _transact(connection: sqlite3.Connection, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    with _answering():
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = unit(SqliteUnit(connection), *args)
        except Refusal:
            connection.execute("COMMIT")
            raise
        except BaseException:
            _roll_back(connection)
            raise
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            _roll_back(connection)
            raise
        return value


def _look(connection: sqlite3.Connection, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    with _answering():
        connection.execute("BEGIN")
        try:
            return unit(SqliteUnit(connection), *args)
        finally:
            _roll_back(connection)


def _roll_back(connection: sqlite3.Connection) -> None:
    # SQLite ends the transaction by itself at some errors, a full disk among them.
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def _answering() -> Iterator[None]:
    """A file that is locked or a disk that is full is an outcome, not a bug."""
    try:
        yield
    except sqlite3.OperationalError as error:
        name: str | None = getattr(error, "sqlite_errorname", None)
        if name is None:
            # The driver's own, and its message is the text itself, which belongs in no log.
            raise TextUnreadable from None
        if not name.startswith(_AWAY):
            raise
        raise DatabaseBusy(name) from error
