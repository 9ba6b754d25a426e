"""Looking host names up, off the event loop and in threads of our own.

The loop's own look-ups share a few threads with each other, and one cannot be broken off: two names whose name servers
are silent would hold up every other, a gateway's or an authority's too, for longer than a call may take (measured).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import Final

Resolve = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host name, in the order to try them."""

_LONGEST_WAIT: Final = 1.0  # seconds


class Names:
    """As the system resolves them, `most` at one time. Who asks for one that is being looked up shares that.

    Nothing is kept: an address is as old as the connection that is made to it.
    """

    def __init__(self, most: int) -> None:
        self._places = asyncio.Semaphore(most)
        self._running: dict[str, asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str) -> list[str]:
        """Every address of a host. Raises `OSError` when it is not known, and when all places are held for a second by
        names that nobody answers for."""
        with suppress(ValueError):
            return [str(ip_address(host))]
        if host not in self._running:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._places.acquire()
            if host in self._running:
                self._places.release()
            else:
                self._begin(host)
        # One who gives up does not end it for the others.
        return await asyncio.shield(self._running[host])

    def _begin(self, host: str) -> None:
        found: Future[list[str]] = Future()
        self._running[host] = asyncio.wrap_future(found)
        self._running[host].add_done_callback(lambda _: self._end(host))
        # The process may end while it hangs: an executor's threads would be waited for.
        thread = Thread(target=_look_up, args=(host, found), name="names", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            found.set_exception(OSError("the system gives no thread"))

    def _end(self, host: str) -> None:
        del self._running[host]
        self._places.release()


def _look_up(host: str, found: Future[list[str]]) -> None:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except ValueError:
        found.set_exception(OSError("no host name"))
    except BaseException as error:
        found.set_exception(error)
    else:
        found.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
