"""What a row of the outbox holds under its seal."""

from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

import orjson

from idp.sealing import Keyring

BYTES: Final = {"sms": 1024, "email": 4096}
"""The size of a row's content, by channel."""

_PLACE: Final = {"table": "notices", "column": "content"}


@dataclass(frozen=True, slots=True)
class Content:
    """A message, for whom it is, and whether it is only there for show."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    account_id: UUID | None
    decoy: bool

    def seal(self, keyring: Keyring, row: UUID, *, channel: str = "sms") -> bytes:
        """Sealed for that row, and of its channel's one size whatever it holds. Raises ValueError for what does not
        fit."""
        size = BYTES[channel]
        plain = orjson.dumps([self.to, self.text, self.account_id, self.decoy])
        if len(plain) > size:
            raise ValueError(f"a notice of {len(plain)} bytes; {size} is the most")
        # JSON takes no notice of the spaces behind it.
        return keyring.seal(plain.ljust(size), row=row, **_PLACE)

    @classmethod
    def open(cls, keyring: Keyring, sealed: bytes, row: UUID) -> Self:
        """What was sealed for that row; raises `SealBroken`."""
        to, text, account_id, decoy = keyring.open_json(sealed, row=row, **_PLACE)
        return cls(to, text, UUID(account_id) if account_id else None, decoy)
