"""A small real HTTP gateway on a port of its own, that does to each request what a test tells it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

TAKE = "take"
HANG = "hang"
CUT = "cut"
GARBAGE = "garbage"


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Gateway:
    """`behaviour` is TAKE, HANG, CUT, GARBAGE, or a status to answer with."""

    url: str = ""
    behaviour: str | int = TAKE
    requests: list[Request] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open between requests."""
        try:
            while request := await _read(reader):
                self.requests.append(request)
                self.called.set()
                if not await self._answer(writer, request):
                    break
        except ConnectionError:
            self.called.set()
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, request: Request) -> bool:
        if self.behaviour == HANG:
            await self.opened.wait()
        if self.behaviour == CUT:
            return False
        if self.behaviour == GARBAGE:
            writer.write(b"\x00\xff garbage, and no HTTP at all\r\n\r\n")
            await writer.drain()
            return False
        status = self.behaviour if isinstance(self.behaviour, int) else 200
        # A gateway that quotes the request in its answer: nothing of it may reach a log.
        quoted = b"HTTP/1.1 %d x\r\nLocation: /elsewhere\r\nContent-Length: %d\r\n\r\n" % (status, len(request.body))
        writer.write(quoted + request.body)
        await writer.drain()
        return True


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway for the length of an `async with`."""
    served = Gateway()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    served.url = f"http://127.0.0.1:{port}/send"
    try:
        yield served
    finally:
        served.opened.set()
        server.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
        return Request(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
    except asyncio.IncompleteReadError:
        return None  # the caller hung up
