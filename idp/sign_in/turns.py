"""Taking turns inside one process.

Many right passwords of one person at once are let through, but a lane has few places. Without an order every request
would ask the database again and again for one of them; here they wait in line for it and ask when it is their turn.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from weakref import WeakValueDictionary


class Turns:
    """At most `most` at a time for each key, in order of arrival. Nobody waits longer than `patience`.

    Whoever waited that long goes on without a turn: other processes have turns too, so the database decides anyway.
    """

    def __init__(self, most: int, patience: timedelta) -> None:
        self._most = most
        self._patience = patience.total_seconds()
        # A key is forgotten when nobody waits or works under it.
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = asyncio.Semaphore(self._most)
        has_turn = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                has_turn = await places.acquire()
        try:
            yield
        finally:
            if has_turn:
                places.release()

    def __len__(self) -> int:
        return len(self._places)
