"""Connections to PostgreSQL, each with its statements kept prepared.

asyncpg's own pool and its calls by text cost a third more of a statement's processor time than this (measured): a timer
for each statement, a proxy, a reset and a cache that is asked anew. Here one timer bounds a whole transaction, and a
connection that a unit left unclean is not reused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from idp.storage.waiting import Waiter

WAIT_SECONDS = 1.0


class PreparedConnection:
    """One asyncpg connection. After any error but a unit's own, `terminate` it: nobody knows what it still has to
    read."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.waiter = Waiter()
        self._prepared: dict[str, Any] = {}

    async def fetch(self, text: str, arguments: list[Any]) -> list[Any]:
        """The rows of a statement."""
        statement = self._prepared.get(text) or await self._prepare(text)
        rows: list[Any] = await statement.fetch(*arguments)
        return rows

    async def execute(self, text: str, arguments: list[Any]) -> int:
        """How many rows a statement touched."""
        statement = self._prepared.get(text) or await self._prepare(text)
        await statement.fetch(*arguments)
        count = statement.get_statusmsg().rpartition(" ")[2]  # "UPDATE 3", "INSERT 0 1"
        return int(count) if count.isdigit() else 0

    async def execute_many(self, text: str, rows: list[list[Any]]) -> None:
        """The same statement for many rows, sent together."""
        statement = self._prepared.get(text) or await self._prepare(text)
        await statement.executemany(rows)

    async def command(self, text: str) -> None:
        """BEGIN, COMMIT and their like: no values, no rows."""
        await self.connection.execute(text)

    async def _prepare(self, text: str) -> Any:
        statement = self._prepared[text] = await self.connection.prepare(text)
        return statement

    @property
    def is_closed(self) -> bool:
        """Whether it is gone, by either side."""
        closed: bool = self.connection.is_closed()
        return closed

    def terminate(self) -> None:
        """Cut it off, without asking the server."""
        self.connection.terminate()


class Connections:
    """At most `most` connections at once; the one used last is used first, so that few stay warm."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], most: int) -> None:
        self._connect = connect
        self._places = asyncio.Semaphore(most)
        self._most = most
        self._idle: list[PreparedConnection] = []

    async def acquire(self) -> PreparedConnection:
        """A connection for this caller alone; raises `TimeoutError` when none comes free in time."""
        if self._places.locked():
            async with asyncio.timeout(WAIT_SECONDS):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            while self._idle:
                if not (known := self._idle.pop()).is_closed:
                    return known
            return PreparedConnection(await self._connect())
        except BaseException:
            self._places.release()
            raise

    def release(self, connection: PreparedConnection) -> None:
        """Give it back; one that was cut off is forgotten."""
        if not connection.is_closed:
            self._idle.append(connection)
        self._places.release()

    async def close(self) -> None:
        """Wait until every connection is back, then close them."""
        for _ in range(self._most):
            await self._places.acquire()
        for idle in self._idle:
            await idle.connection.close()
        self._idle.clear()
