"""What is remembered for a while, by name. Bounded, and for any thread."""

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

MOST: Final = 1024


class Remembered:
    """Since when something is known of each name; the oldest goes first when there are too many.

    What strangers can make up is remembered apart from what they cannot, so that it does not push that out.
    """

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._since: dict[str, datetime] = {}
        self._changing = Lock()

    def has(self, name: str, *, now: datetime) -> bool:
        """Whether it was added, and not too long ago."""
        since = self._since.get(name)
        return since is not None and abs(now - since) < self._kept

    def add(self, name: str, *, now: datetime) -> None:
        """From now on it is remembered."""
        with self._changing:
            self._since.pop(name, None)
            while len(self._since) >= MOST:
                del self._since[next(iter(self._since))]
            self._since[name] = now

    def __len__(self) -> int:
        return len(self._since)
