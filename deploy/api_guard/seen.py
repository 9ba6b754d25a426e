"""Which proofs were used already: each counts once (RFC 9449 §11.1)."""

from typing import Protocol

from .refusals import Unavailable

MOST = 200_000
"""Proofs that are remembered at a time, 100 bytes each: 2,800 calls a second for the 70 seconds that a proof lives."""

_SLOT_SECONDS = 10


class SeenFull(Unavailable):
    """There is no room to remember another proof, and one that cannot be remembered must not count."""


class Seen(Protocol):
    """Where used proofs are remembered. An API of several processes gives one that they share."""

    async def is_first(self, name: bytes, *, until: float, now: float) -> bool:
        """Remember `name` (32 bytes) at least `until` then (seconds of the epoch); False if it is known already.

        Asking and remembering are one act: of two requests at once only one is the first. Raises `Unavailable`
        where it cannot say.
        """
        ...


class MemorySeen:
    """In this process alone, in slots of time that are dropped as a whole."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._slots: dict[int, set[bytes]] = {}

    async def is_first(self, name: bytes, *, until: float, now: float) -> bool:
        """As `Seen` says. Nothing is awaited, so nothing comes in between."""
        for slot in [each for each in self._slots if (each + 1) * _SLOT_SECONDS < now]:
            del self._slots[slot]
        names = self._slots.setdefault(int(until // _SLOT_SECONDS), set())
        if name in names:
            return False
        if sum(map(len, self._slots.values())) >= self._most:
            raise SeenFull("proofs_full")
        names.add(name)
        return True
