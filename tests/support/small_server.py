"""A small server on loopback that answers the bytes it is told, and remembers what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"hello", *, status: str = "200 OK", headers: str = "") -> bytes:
    """An HTTP answer with its length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@dataclass
class Server:
    """Requests as they came, and how to answer the next: always alike, by what it is, or by hand."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    connections: int = 0
    answer: bytes = field(default_factory=answer)
    answer_to: Callable[[bytes], bytes] | None = None
    respond: Respond | None = None

    @property
    def here(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(line[16:]) for line in head.split(b"\r\n") if line[:16] == b"Content-Length: "), 0)
                self.requests.append(head + await reader.readexactly(length))
                if self.respond:
                    await self.respond(writer)
                    break
                writer.write(self.answer_to(self.requests[-1]) if self.answer_to else self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a port of its own, until the end of the block."""
    known = Server()
    listening = await asyncio.start_server(known.serve, "127.0.0.1", 0, ssl=tls)
    known.port = listening.sockets[0].getsockname()[1]
    if tls:
        tls.sni_callback = lambda _socket, name, _context: known.server_names.append(name)
    async with listening:
        yield known
