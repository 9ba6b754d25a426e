"""A server in a portal's place that answers everything alike."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.portal_tests.trying import a_port
from tests.support.portal_file import portal_members
from tests.support.provider import LoopThread
from tests.support.small_server import Server, answer


@dataclass
class Hostile:
    """A server that answers everything alike."""

    port: int
    server: Server

    def members(self) -> dict[str, Any]:
        """As it registered."""
        here = f"http://localhost:{self.port}"
        client_id = f"hostile-{secrets.token_hex(4)}"
        return portal_members(client_id, redirect_uris=[f"{here}/callback"], initiate_login_uri=f"{here}/start")


@contextmanager
def hostile(respond: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None) -> Iterator[Hostile]:
    thread, port = LoopThread(), a_port()
    known = Server(port, respond=respond)

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(known.serve, "127.0.0.1", port)

    listening = thread.run(listen())
    try:
        yield Hostile(port, known)
    finally:

        async def end() -> None:
            listening.close()
            # What still talks is broken off.
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        thread.run(end())
        thread.close()


def says(*headers: str, status: str = "302 Found") -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", status=status, headers="".join(f"{each}\r\n" for each in headers)))
        await writer.drain()

    return respond
