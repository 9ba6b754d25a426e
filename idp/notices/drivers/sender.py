"""What every driver promises."""

from typing import Protocol
from uuid import UUID


class DeliveryFailed(Exception):
    """A gateway did not take a message, or nobody can know whether it did.

    `permanent`: it is not tried again. That is so for a message the gateway refuses, and for one it may have taken.
    `reason` is the driver's own word for the log, never what the gateway wrote: that may repeat number and text.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class Sender(Protocol):
    """Hands one message to a gateway, once. `tests/contracts/sender.py` holds every driver to it."""

    async def send(self, to: str, text: str, *, reference: UUID) -> None:
        """Return when the gateway has taken the message; raise `DeliveryFailed` otherwise.

        `to` is a phone number in E.164. `reference` is the message's own id, for gateways that can use it.
        """
