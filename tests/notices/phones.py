"""A network of phones: a sender that remembers every message, and does as a test says before it takes one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from idp.notices.drivers import DeliveryFailed

BUSY = DeliveryFailed("busy", permanent=False)
REFUSED = DeliveryFailed("refused", permanent=True)


@dataclass
class Phones:
    """Raises what is in `faults`, one a call, then takes every message. While `answers` is not set, calls hang."""

    faults: Sequence[Exception] = ()
    arrived: list[tuple[str, str]] = field(default_factory=list)
    references: list[UUID] = field(default_factory=list)
    calls: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def send(self, to: str, text: str, *, reference: UUID) -> None:
        self.calls += 1
        fault = self.faults[self.calls - 1] if self.calls <= len(self.faults) else None
        self.called.set()
        await self.answers.wait()
        if fault:
            raise fault
        self.arrived.append((to, text))
        self.references.append(reference)
