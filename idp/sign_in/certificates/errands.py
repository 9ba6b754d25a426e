"""What the certificate host is told about whoever comes to it: sealed, in the address that they come with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from uuid import UUID

import orjson

from idp.attempts.pending import Attempt, AttemptMissing
from idp.sealing import Keyring, Purpose

LIFETIME: Final = timedelta(minutes=5)
"""As long as a person may take to find the token, plug it in and type its PIN."""

_CONTEXT: Final = "certificate-errand"


@dataclass(frozen=True, slots=True)
class Errand:
    """For which attempt a certificate is asked for.

    On the main host, `back` is the path where the browser goes with a certificate, `without` where it goes without one.
    """

    attempt_id: UUID
    attempt: str
    back: str
    without: str
    until: datetime

    @classmethod
    def to(cls, attempt: Attempt, back: str, *, now: datetime) -> Self:
        """A new one."""
        return cls(attempt.id, attempt.name, back, attempt.onward, now + LIFETIME)

    def seal(self, keyring: Keyring) -> str:
        """As text for an address."""
        until = int(self.until.timestamp() * 1_000_000)
        members = [self.attempt_id.hex, self.attempt, self.back, self.without, until]
        return keyring.wrap(Purpose.COOKIES, orjson.dumps(members), context=_CONTEXT)

    @classmethod
    def open(cls, text: str, keyring: Keyring, *, now: datetime) -> Self:
        """What was sealed; raises `AttemptMissing` for anything else, and for what is too old."""
        plain = keyring.unwrap(Purpose.COOKIES, text, context=_CONTEXT)
        if plain is None:
            raise AttemptMissing("not_sealed_by_us")
        attempt_id, attempt, back, without, until = orjson.loads(plain)
        errand = cls(UUID(attempt_id), attempt, back, without, datetime.fromtimestamp(until / 1_000_000, UTC))
        if now >= errand.until:
            raise AttemptMissing("too_old")
        return errand
