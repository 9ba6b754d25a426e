"""Portals that answer in every bad way. Each is a small server, or an address where none is."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import trustme

from tests.support.ports import free_port
from tests.support.small_server import Server, answer, serving

_CHUNK = b"x" * 65536


@dataclass
class Hostile:
    """Each portal's address by its way of being bad, and what those that count have counted."""

    addresses: dict[str, str] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    trap: Server = field(default_factory=Server)
    flooded: dict[str, int] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def hang(self, _: asyncio.StreamWriter) -> None:
        await self.over.wait()

    async def break_off(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200")
        await writer.drain()

    async def drip_a_head(self, writer: asyncio.StreamWriter) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"A: b\r\n" * 1000:
            if self.over.is_set():
                return
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async def drip_a_body(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not self.over.is_set():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def flood_the_head(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await self._flood("endless head", writer, b"A: " + _CHUNK + b"\r\n")

    async def flood_the_body(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self._flood("endless body", writer, _CHUNK)

    async def _flood(self, name: str, writer: asyncio.StreamWriter, chunk: bytes) -> None:
        self.flooded[name] = 0
        while not self.over.is_set():
            writer.write(chunk)
            await writer.drain()
            self.flooded[name] += len(chunk)


@asynccontextmanager
async def hostile_portals() -> AsyncIterator[Hostile]:
    """All of them, for the length of an `async with`."""
    hostile, untrusted = Hostile(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(untrusted)
    async with AsyncExitStack() as stack:
        hostile.trap = await stack.enter_async_context(serving())
        for name, respond in {
            "hangs": hostile.hang,
            "breaks off": hostile.break_off,
            "drips its head": hostile.drip_a_head,
            "drips its body": hostile.drip_a_body,
            "endless head": hostile.flood_the_head,
            "endless body": hostile.flood_the_body,
        }.items():
            server = await stack.enter_async_context(serving())
            server.respond = respond
            hostile.servers[name] = server
        elsewhere = f"Location: http://{hostile.trap.here}/\r\n"
        for name, said in {
            "500": answer(status="500 Internal Server Error"),
            "302": answer(status="302 Found", headers=elsewhere),
            "307": answer(status="307 Temporary Redirect", headers=elsewhere),
            "404": answer(status="404 Not Found"),
            "nonsense": b"\x00\xff\r\n\r\n",
        }.items():
            server = await stack.enter_async_context(serving())
            server.answer = said
            hostile.servers[name] = server
        hostile.servers["another's certificate"] = await stack.enter_async_context(serving(untrusted))
        for name, server in hostile.servers.items():
            scheme = "https" if name == "another's certificate" else "http"
            hostile.addresses[name] = f"{scheme}://{server.here}/logout"
        hostile.addresses["refuses"] = f"http://127.0.0.1:{free_port()}/logout"
        yield hostile
        hostile.over.set()
