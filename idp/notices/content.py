"""What a row of the outbox holds under its seal."""

from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

import orjson

from idp.sealing import Keyring

_BYTES = 1024
_PLACE: Final = {"table": "notices", "column": "content"}


@dataclass(frozen=True, slots=True)
class Content:
    """A message, for whom it is, and whether it is only there for show."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    account_id: UUID | None
    decoy: bool

    def seal(self, keyring: Keyring, row: UUID) -> bytes:
        """Sealed for that row, and of one size whatever it holds. Raises ValueError for what does not fit."""
        plain = orjson.dumps([self.to, self.text, self.account_id, self.decoy])
        if len(plain) > _BYTES:
            raise ValueError(f"a notice of {len(plain)} bytes; {_BYTES} is the most")
        # JSON takes no notice of the spaces behind it.
        return keyring.seal(plain.ljust(_BYTES), row=row, **_PLACE)

    @classmethod
    def open(cls, keyring: Keyring, sealed: bytes, row: UUID) -> Self:
        """What was sealed for that row; raises `SealBroken`."""
        to, text, account_id, decoy = keyring.open_json(sealed, row=row, **_PLACE)
        return cls(to, text, UUID(account_id) if account_id else None, decoy)
