"""A request that does not come to an end costs neither memory nor a connection for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from idp.web.bounded_heads import MOST_UNREAD_BYTES, BoundedHeads

pytestmark = pytest.mark.anyio

GOOD = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n"


class Impatient(BoundedHeads):
    """Waits as long as a test may."""

    most_time: ClassVar[timedelta] = timedelta(seconds=0.3)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads what comes and says so; it may take its time."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(0.5)
    await hasty(scope, receive, send)


async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
    """Does not read what comes."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected(
    protocol: type[BoundedHeads], app: ASGIApp = application, timeout_keep_alive: int = 60
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(
        app, port=0, http=protocol, lifespan="off", log_config=None, timeout_keep_alive=timeout_keep_alive
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10):
            return await reader.read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "begun",
    [b"", GOOD[:-2] + b"x: " + b"a" * 20, GOOD[:-2] + b"x: 1\r\n" * 20],
    ids=["nothing", "half a header", "headers without an end"],
)
async def test_whoever_does_not_finish_a_head_is_cut_off(begun: bytes) -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(begun)
        assert await is_cut_off(reader)


async def test_headers_without_an_end_are_not_kept() -> None:
    async with connected(BoundedHeads) as (reader, writer):
        writer.write(GOOD[:-2])
        sent = 0
        try:
            while sent < 4 * MOST_UNREAD_BYTES:
                line = b"x: " + b"a" * 1000 + b"\r\n"
                writer.write(line)
                await writer.drain()
                sent += len(line)
        except ConnectionError:
            return
        assert await is_cut_off(reader)


async def test_an_answer_may_take_longer_than_a_head() -> None:
    async with connected(Impatient) as (reader, writer):
        for _ in range(2):
            writer.write(GOOD)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(2) == b"ok"


async def test_a_body_is_no_head() -> None:
    async with connected(Impatient) as (reader, writer):
        body = b"a" * 2 * MOST_UNREAD_BYTES
        writer.write(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_the_next_head_of_a_connection_is_waited_for_as_long() -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(GOOD)
        await reader.readuntil(b"ok")
        writer.write(GOOD[:-2])
        assert await is_cut_off(reader)


UNENDING = {
    "trailers": (b"0\r\n", b"x: " + b"a" * 1000 + b"\r\n"),
    "one trailer": (b"0\r\nx: ", b"a" * 1000),
    "what comes with a chunk": (b"1;", b"a" * 1000),
    "tiny chunks": (b"", b"1;" + b"a" * 1000 + b"\r\na\r\n"),
}


@pytest.mark.parametrize("unending", UNENDING)
async def test_what_is_around_a_body_comes_to_an_end_too(unending: str) -> None:
    begun, more = UNENDING[unending]
    async with connected(BoundedHeads) as (reader, writer):
        writer.write(CHUNKED + begun)
        for _ in range(2 * MOST_UNREAD_BYTES // len(more)):
            writer.write(more)
        assert await is_cut_off(reader)


@pytest.mark.parametrize("rest", [b"0\r\n", b"0\r\nx: y\r\n", b"5;a", b""])
async def test_whoever_is_answered_and_does_not_finish_is_cut_off(rest: bytes) -> None:
    """Bytes now and then would keep uvicorn waiting for ever."""
    async with connected(Impatient, hasty) as (reader, writer):
        writer.write(CHUNKED)
        await reader.readuntil(b"ok")
        writer.write(rest)
        assert await is_cut_off(reader)


async def test_whoever_finishes_after_the_answer_may_ask_again_and_is_not_waited_for_without_end() -> None:
    async with connected(Impatient, hasty, timeout_keep_alive=1) as (reader, writer):
        for _ in range(2):
            writer.write(CHUNKED)
            await reader.readuntil(b"ok")
            writer.write(b"0\r\nx: y\r\n\r\n")
            # Longer than for a head, and not for ever.
            await asyncio.sleep(0.5)
        assert await is_cut_off(reader)
