"""PostgreSQL: a unit runs in a greenlet and its statements await asyncpg.

No SQLAlchemy engine stands between: compiled text goes to the driver, prepared once a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from idp.errors import Refusal
from idp.storage.connections import Connections, PreparedConnection
from idp.storage.refusals import DatabaseBusy
from idp.storage.statements import Compiled, Row, Statement
from idp.storage.together import Together
from idp.storage.unit import only
from idp.storage.waiting import wait_for

P = ParamSpec("P")
R = TypeVar("R")

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_TRIES = 3
_BETWEEN_TRIES = 0.02  # seconds: else the loser of a deadlock has its locks back before the winner wakes up
_LONGEST_SECONDS = 8.0
_RUN_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, or a statement over its limit
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that was demoted under us
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
# The nesting of time limits: a statement gives up before the request that waits for it does.
_LIMITS = {
    "application_name": "dinh-danh",
    "statement_timeout": "2000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
    # A plan is kept from when a table was small. It has to be right when the table has grown: until ANALYZE comes by,
    # a mass act read all that it had written for each of its batches.
    "enable_seqscan": "off",
    "timezone": "UTC",
}


class PostgresqlUnit:
    """One transaction on one connection, inside a greenlet."""

    def __init__(self, connection: PreparedConnection) -> None:
        self._connection = connection
        self._waiting = Together()
        self._depth = 0

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """See `idp.storage.unit.Unit.one`."""
        row: Row | None = only(self.all(statement, **values))
        return row

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """See `idp.storage.unit.Unit.all`."""
        compiled = statement.on(_DIALECT)
        rows = self._wait(self._connection.fetch, compiled.text, compiled.arguments(values))
        return [compiled.convert(row) for row in rows]

    def execute(self, statement: Statement, /, **values: Any) -> int:
        """See `idp.storage.unit.Unit.execute`."""
        compiled = statement.on(_DIALECT)
        return self._wait(self._connection.execute, compiled.text, compiled.arguments(values))

    def write(self, statement: Statement, /, **values: Any) -> None:
        """See `idp.storage.unit.Unit.write`."""
        compiled = statement.on(_DIALECT)
        if not self._waiting.may_take(compiled):
            wait_for(self.send_waiting())
        self._waiting.take(compiled, compiled.arguments(values))

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]], /) -> None:
        """See `idp.storage.unit.Unit.many`."""
        compiled = statement.on(_DIALECT)
        self._wait(self._connection.execute_many, compiled.text, [compiled.arguments(row) for row in rows])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See `idp.storage.unit.Unit.savepoint`."""
        self._depth += 1
        name = f"s{self._depth}"
        self._wait(self._connection.command, f"SAVEPOINT {name}")
        try:
            yield
            wait_for(self.send_waiting())
        except BaseException:
            self._waiting.drop()
            self._wait(self._connection.command, f"ROLLBACK TO {name}")
            raise
        finally:
            self._wait(self._connection.command, f"RELEASE {name}")
            self._depth -= 1

    async def send_waiting(self) -> None:
        """Send what was only written down."""
        if self._waiting:
            await self._connection.fetch(*self._waiting.give())

    def _wait(self, ask: Callable[P, Awaitable[R]], *arguments: P.args, **keywords: P.kwargs) -> R:
        if self._waiting:
            wait_for(self.send_waiting())
        return wait_for(ask(*arguments, **keywords))


class PostgresqlEngine:
    """A pool for units that write and one whose connections cannot."""

    dialect_name = "postgresql"

    def __init__(self, writers: Connections, readers: Connections) -> None:
        self._writers = writers
        self._readers = readers

    @classmethod
    async def open(cls, url: str, *, connections: int) -> Self:
        """Connect once at least, so that a wrong address is known at start."""
        writers = Connections(_connector(url, {}), connections)
        readers = Connections(_connector(url, {"default_transaction_read_only": "on"}), connections)
        for pool in (writers, readers):
            pool.release(await pool.acquire())
        return cls(writers, readers)

    async def run(self, unit: Callable[Concatenate[PostgresqlUnit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """One transaction, finished even when the caller is cancelled.

        A serialization failure or a deadlock runs the unit again, at most twice. Raises `DatabaseBusy` when no
        connection comes free.
        """
        return await asyncio.shield(self._run(_transact, partial(unit, **keywords), args))

    async def once(self, statement: Statement, /, **values: Any) -> Row | None:
        """See `idp.storage.database.Engine.once`. It needs no round trips for BEGIN and COMMIT, and no greenlet."""
        compiled = statement.on(_DIALECT)
        return await asyncio.shield(self._run(_alone, compiled, compiled.arguments(values)))

    async def _run(self, work: Callable[..., Awaitable[R]], *given: Any) -> R:
        for remaining in reversed(range(_TRIES)):
            try:
                return await self._on(self._writers, work, *given)
            except _RUN_AGAIN:
                if not remaining:
                    raise
                await asyncio.sleep(_BETWEEN_TRIES)
        raise AssertionError("unreachable")

    async def read(
        self, unit: Callable[Concatenate[PostgresqlUnit, P], R], /, *args: P.args, **keywords: P.kwargs
    ) -> R:
        """Statements that cannot write, each its own snapshot: no round trips for BEGIN and COMMIT."""
        return await asyncio.shield(self._on(self._readers, _look, partial(unit, **keywords), args))

    async def _on(self, pool: Connections, work: Callable[..., Awaitable[R]], *given: Any) -> R:
        try:
            connection = await pool.acquire()
        except _AWAY as error:
            raise DatabaseBusy(type(error).__name__) from error
        # Cut off, whatever it waits for breaks. A bare timer, because asyncio.timeout showed in every sign-on.
        bound = asyncio.get_running_loop().call_later(_LONGEST_SECONDS, connection.terminate)
        try:
            return await work(connection, *given)
        except _AWAY as error:
            connection.terminate()
            raise DatabaseBusy(type(error).__name__) from error
        except (asyncio.CancelledError, asyncpg.InvalidCachedStatementError):
            # Nobody knows what a cancelled one still has to read; a migration has outdated the other's statements.
            connection.terminate()
            raise
        finally:
            bound.cancel()
            pool.release(connection)

    async def close(self) -> None:
        """Wait for what runs, then close every connection."""
        await self._writers.close()
        await self._readers.close()


def _connector(url: str, extra: Mapping[str, str]) -> Callable[[], Awaitable[Any]]:
    settings = {**_LIMITS, **extra}
    return partial(asyncpg.connect, url, server_settings=settings, timeout=5)


async def _transact(connection: PreparedConnection, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    await connection.command("BEGIN")
    work = PostgresqlUnit(connection)
    try:
        value = await connection.waiter.run(unit, work, *args)
    except Refusal:
        await _commit(connection, work)
        raise
    except BaseException:
        await _roll_back(connection)
        raise
    await _commit(connection, work)
    return value


async def _alone(connection: PreparedConnection, compiled: Compiled, arguments: list[Any]) -> Row | None:
    row = only(await connection.fetch(compiled.text, arguments))
    return compiled.convert(row) if row is not None else None


async def _commit(connection: PreparedConnection, work: PostgresqlUnit) -> None:
    try:
        await work.send_waiting()
    except BaseException:
        await _roll_back(connection)
        raise
    await connection.command("COMMIT")


async def _roll_back(connection: PreparedConnection) -> None:
    if not connection.is_closed:
        await connection.command("ROLLBACK")


async def _look(connection: PreparedConnection, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    work = PostgresqlUnit(connection)
    value = await connection.waiter.run(unit, work, *args)
    await work.send_waiting()  # which may not write, and says so
    return value
