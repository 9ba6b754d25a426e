"""Takes connections and shakes hands with them by TLS, so many at a time that the rest of the process goes on.

A person may take a minute for a PIN, and until then a connection is a descriptor that anybody can have for a few bytes.
asyncio's own servers take every one there is: a thousand, and the main listener beside could take none.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

MOST_AT_ONCE: Final = 256
"""Far below the 1024 descriptors that a process is given where nobody asks for more."""

MOST_TIME_TO_HELLO: Final = timedelta(seconds=10)
"""Programs say it, not people."""

_GOODBYE_SECONDS: Final = 1.0
_BREATH_SECONDS: Final = 0.1
# RFC 8446 §5.1: kind, version and length of a record; the kind of a handshake; how long a plain one may be.
_RECORD_HEAD, _HANDSHAKE, _LONGEST_RECORD = 5, 22, 2**14


class Handshakes:
    """Those of one listening socket. `context` can be replaced, and counts for whoever comes then.

    When more than `MOST_AT_ONCE` are not finished, the oldest is cut off for the newest: whoever holds all of them
    holds none for long, and others get through.
    """

    def __init__(
        self, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext, most_handshake: timedelta
    ) -> None:
        self._protocol = protocol
        self.context = context
        self._most_seconds = most_handshake.total_seconds()
        # In the order in which they came.
        self._unfinished: dict[asyncio.Task[None], None] = {}

    async def take(self, listening: socket.socket) -> None:
        """Until cancelled; then those that are not finished end, too."""
        loop = asyncio.get_running_loop()
        listening.setblocking(False)
        try:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listening)
                except OSError:
                    # No descriptor is left, or the client has gone again.
                    await asyncio.sleep(_BREATH_SECONDS)
                else:
                    self._begin(connection)
                    # A queue of them would keep everybody else waiting.
                    await asyncio.sleep(0)
        finally:
            for unfinished in self._unfinished:
                unfinished.cancel()

    def _begin(self, connection: socket.socket) -> None:
        if len(self._unfinished) >= MOST_AT_ONCE:
            oldest = next(iter(self._unfinished))
            del self._unfinished[oldest]
            oldest.cancel()
        task = asyncio.create_task(self._shake(connection))
        self._unfinished[task] = None
        task.add_done_callback(lambda done: self._unfinished.pop(done, None))

    async def _shake(self, connection: socket.socket) -> None:
        """Ends when the connection is the protocol's, or closed."""
        try:
            async with asyncio.timeout(min(MOST_TIME_TO_HELLO.total_seconds(), self._most_seconds)):
                is_said = await _hello(connection)
        except asyncio.CancelledError:
            connection.close()
            raise
        except OSError:
            is_said = False
        if not is_said:
            connection.close()
            return
        # What a client does wrong there, or leaves undone, ends its connection and is no fault of ours.
        with suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self.context,
                ssl_handshake_timeout=self._most_seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )


async def _hello(connection: socket.socket) -> bool:
    """Wait for the first record, which stays with the kernel; whether it is one of a handshake."""
    await _come(connection, _RECORD_HEAD)
    head = connection.recv(_RECORD_HEAD, socket.MSG_PEEK)
    length = int.from_bytes(head[3:])
    if len(head) < _RECORD_HEAD or head[0] != _HANDSHAKE or length > _LONGEST_RECORD:
        return False
    await _come(connection, _RECORD_HEAD + length)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
    return True


async def _come(connection: socket.socket, count: int) -> None:
    """Wait until so many bytes have come, or no more will."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
    loop, come = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, come.set)
    try:
        await come.wait()
    finally:
        loop.remove_reader(connection)
