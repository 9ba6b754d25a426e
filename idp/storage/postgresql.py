"""PostgreSQL: a unit runs in a greenlet and its statements await asyncpg.

No SQLAlchemy engine stands between: compiled text goes to the driver, which keeps it prepared.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.util import await_only, greenlet_spawn

from idp.errors import Kind, Refusal
from idp.storage.statements import Row, Statement
from idp.storage.unit import only

P = ParamSpec("P")
R = TypeVar("R")

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_TRIES = 3
_WAIT_FOR_CONNECTION_SECONDS = 1.0
_RUN_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
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
    "timezone": "UTC",
}


class DatabaseBusy(Refusal):
    """No connection came free in time, or the database is away.

    Operator: look at `pg_stat_activity` for long transactions, and at IDP_DATABASE_CONNECTIONS.
    """

    code = "database_busy"
    kind = Kind.UNAVAILABLE


class PostgresqlUnit:
    """One transaction on one asyncpg connection, inside a greenlet."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._depth = 0

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """See `idp.storage.unit.Unit.one`."""
        row: Row | None = only(self.all(statement, **values))
        return row

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """See `idp.storage.unit.Unit.all`."""
        compiled = statement.on(_DIALECT)
        rows = await_only(self._connection.fetch(compiled.text, *compiled.arguments(values)))
        return [compiled.convert(row) for row in rows]

    def execute(self, statement: Statement, /, **values: Any) -> int:
        """See `idp.storage.unit.Unit.execute`."""
        compiled = statement.on(_DIALECT)
        status: str = await_only(self._connection.execute(compiled.text, *compiled.arguments(values)))
        count = status.rpartition(" ")[2]  # "UPDATE 3", "INSERT 0 1"
        return int(count) if count.isdigit() else 0

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]], /) -> None:
        """See `idp.storage.unit.Unit.many`."""
        compiled = statement.on(_DIALECT)
        await_only(self._connection.executemany(compiled.text, [compiled.arguments(row) for row in rows]))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See `idp.storage.unit.Unit.savepoint`."""
        self._depth += 1
        name = f"s{self._depth}"
        await_only(self._connection.execute(f"SAVEPOINT {name}"))
        try:
            yield
        except BaseException:
            await_only(self._connection.execute(f"ROLLBACK TO {name}"))
            raise
        finally:
            await_only(self._connection.execute(f"RELEASE {name}"))
            self._depth -= 1


class PostgresqlEngine:
    """A pool for units that write and one whose connections cannot."""

    dialect_name = "postgresql"

    def __init__(self, writers: Any, readers: Any) -> None:
        self._writers = writers
        self._readers = readers

    @classmethod
    async def open(cls, url: str, *, connections: int) -> Self:
        """Connect once at least, so that a wrong address is known at start."""
        writers = await _pool(url, connections, {})
        readers = await _pool(url, connections, {"default_transaction_read_only": "on"})
        return cls(writers, readers)

    async def run(self, unit: Callable[Concatenate[PostgresqlUnit, P], R], /, *args: P.args, **keywords: P.kwargs) -> R:
        """One transaction, finished even when the caller is cancelled.

        A serialization failure or a deadlock runs the unit again, at most twice. Raises `DatabaseBusy` when no
        connection comes free.
        """
        return await asyncio.shield(self._run(partial(unit, **keywords), args))

    async def _run(self, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
        for remaining in reversed(range(_TRIES)):
            try:
                return await self._on(self._writers, _transact, unit, args)
            except _RUN_AGAIN:
                if not remaining:
                    raise
        raise AssertionError("unreachable")

    async def read(
        self, unit: Callable[Concatenate[PostgresqlUnit, P], R], /, *args: P.args, **keywords: P.kwargs
    ) -> R:
        """Statements that cannot write, each its own snapshot: no round trips for BEGIN and COMMIT."""
        return await asyncio.shield(self._on(self._readers, _look, partial(unit, **keywords), args))

    async def _on(self, pool: Any, work: Callable[..., Any], unit: Callable[..., R], args: tuple[Any, ...]) -> R:
        try:
            connection = await pool.acquire(timeout=_WAIT_FOR_CONNECTION_SECONDS)
        except _AWAY as error:
            raise DatabaseBusy(type(error).__name__) from error
        try:
            return cast(R, await work(connection, unit, args))
        except _AWAY as error:
            connection.terminate()
            raise DatabaseBusy(type(error).__name__) from error
        except asyncio.CancelledError:
            # Nobody knows what such a connection still has to read.
            connection.terminate()
            raise
        finally:
            await pool.release(connection)

    async def close(self) -> None:
        """Wait for what runs, then close every connection."""
        await self._writers.close()
        await self._readers.close()


async def _pool(url: str, connections: int, extra: Mapping[str, str]) -> Any:
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=connections,
        command_timeout=8,
        server_settings={**_LIMITS, **extra},
        # A connection that a unit leaves is clean (committed or rolled back): no reset round trip.
        reset=_nothing_to_reset,
    )


async def _nothing_to_reset(connection: Any) -> None:  # noqa: ARG001
    return


async def _transact(connection: Any, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    await connection.execute("BEGIN")
    try:
        value = await greenlet_spawn(unit, PostgresqlUnit(connection), *args)
    except Refusal:
        await connection.execute("COMMIT")
        raise
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")
    return value


async def _look(connection: Any, unit: Callable[..., R], args: tuple[Any, ...]) -> R:
    return cast(R, await greenlet_spawn(unit, PostgresqlUnit(connection), *args))
