"""The port: what this house asks a population register, whoever answers."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from idp.errors import Kind, Refusal
from idp.register.person import BirthDate, Person

LONGEST_WAIT = timedelta(seconds=3)
"""An adapter that has no answer by then raises `RegisterUnavailable`."""


class RegisterUnavailable(Refusal):
    """The population register did not answer in time, or could not be reached.

    Operator: look at the register's own state and the way to it. Nobody can activate an account meanwhile; people who
    already have one sign in as before.
    """

    code = "register_unavailable"
    kind = Kind.UNAVAILABLE

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason, retry_after=timedelta(seconds=30))


class Register(Protocol):
    """A population register. Every call may raise `RegisterUnavailable` and takes at most `LONGEST_WAIT`."""

    async def find(self, number: str) -> Person | None:
        """The person with this citizen number, now or earlier. `Person.number` tells which it is today."""

    async def match(self, number: str, full_name: str, birth: BirthDate) -> Person | None:
        """The person of whom all three are true; the number may be an earlier one.

        The same work is done whether the number is unknown, the name or date is another's, or all agree.
        """

    async def by_key(self, key: UUID) -> Person | None:
        """The person with this key."""

    async def close(self) -> None:
        """Let go of every connection."""
