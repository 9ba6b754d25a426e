"""The password: what is on record for whoever was named, and whether it is still so after the slow check."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from idp.accounts.passwords import StoredPassword, password_by_number
from idp.register.citizen_number import BadCitizenNumber, parse
from idp.sealing import Keyring
from idp.storage import Unit

NAME: Final = "password"

NOBODY: Final = UUID(int=0)
"""Stands for the account where there is none, so that the same statements run."""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The account of a number and its password, or `NOBODY` and None."""

    account_id: UUID
    stored: StoredPassword | None

    @property
    def hash(self) -> str | None:
        """What the typed password is checked against; None takes as long and is never right."""
        return self.stored.hash if self.stored else None


def spelled_once(typed: str) -> str:
    """The one spelling of a typed number. What is none stays as it is: it is nobody's, and refused as such."""
    try:
        return parse(typed)
    except BadCitizenNumber:
        return typed


def on_record(db: Unit, keyring: Keyring, number: str) -> OnRecord:
    """Whose number it is. The same statement for a number that nobody has."""
    return OnRecord(*(password_by_number(db, keyring, number) or (NOBODY, None)))
