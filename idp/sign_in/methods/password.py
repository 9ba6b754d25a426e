"""The password: what is on record for whoever was named, and whether it is still so after the slow check."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from idp.accounts import find_by_number
from idp.accounts.passwords import StoredPassword, stored_password
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
    """Whose number it is. The same two statements for a number that nobody has."""
    account = find_by_number(db, keyring, number)
    account_id = account.id if account else NOBODY
    return OnRecord(account_id, stored_password(db, account_id))


def still_stands(db: Unit, checked: OnRecord) -> bool:
    """Whether the password that was found right is the account's, to the end of this unit."""
    now_stored = stored_password(db, checked.account_id, to_issue=True)
    return now_stored is not None and checked.stored is not None and now_stored.version == checked.stored.version
