"""Sign-ins at a steady rate, as people come: whoever is slow keeps nobody else from coming."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from tests.benchmarks.load import Connection, Target
from tests.benchmarks.password_lane import Visit, answer_of

_CONNECTIONS: Final = 32


async def sign_ons(target: Target, *, per_second: float, until: Callable[[], bool]) -> list[float]:
    """Seconds of each whole sign-on with a living session, from the moment it was due."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await Connection.open(target, number) for number in range(_CONNECTIONS)]
    for connection in opened:
        free.put_nowait(connection)

    async def sign_on() -> None:
        connection = await free.get()
        await connection.userinfo(await connection.token(await connection.authorize()))
        free.put_nowait(connection)

    try:
        return await _come(sign_on, per_second=per_second, until=until)
    finally:
        for connection in opened:
            connection.close()


async def passwords(
    target: Target, visits: list[Visit], *, per_second: float, until: Callable[[], bool]
) -> list[float]:
    """Seconds of each right password, each of a browser of its own."""
    host, port = target.address

    async def sign_in() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            answer = await answer_of(reader, writer, host, visits.pop())
        finally:
            writer.close()
        if not answer.startswith(b"HTTP/1.1 303"):
            raise RuntimeError(answer[:200].decode(errors="replace"))

    return await _come(sign_in, per_second=per_second, until=lambda: until() or not visits)


async def _come(one: Callable[[], Awaitable[None]], *, per_second: float, until: Callable[[], bool]) -> list[float]:
    seconds: list[float] = []
    coming: set[asyncio.Task[None]] = set()

    async def timed(due: float) -> None:
        await one()
        seconds.append(time.perf_counter() - due)

    due = time.perf_counter()
    while not until():
        coming.add(asyncio.create_task(timed(due)))
        due += 1 / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*coming)
    return seconds
