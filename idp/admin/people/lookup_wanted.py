"""What staff look people up by: the whole of a thing that names one account, never a part of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.finding import find, find_by_number
from idp.accounts.phones import holder
from idp.audit.tables import audit_events
from idp.errors import Refusal
from idp.register import citizen_number, phone_numbers
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.web.references import is_reference

# One request wrote them all, so they are about one account; the newest tells it where only that one knew it.
_BY_REFERENCE: Final = Statement(
    select(audit_events.c.account_id)
    .where(audit_events.c.reference == bindparam("reference_"), audit_events.c.account_id.is_not(None))
    .order_by(audit_events.c.id.desc())
    .limit(1)
)


class By(StrEnum):
    """The kind of what was typed."""

    NUMBER = "number"
    PHONE = "phone"
    ACCOUNT = "account"
    REFERENCE = "reference"


class LookUpUnreadable(Refusal):
    """What was typed to look somebody up is no citizen number, phone, account reference or error reference.

    Operator: nothing to do. Parts of numbers and names find nobody, by design.
    """

    code = "look_up_unreadable"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, in the one form that it is kept in."""

    by: By
    value: str = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Told apart by their shapes. Raises `LookUpUnreadable`, which does not repeat what was typed."""
        typed = text.strip()
        if is_reference(typed.upper()):
            return cls(By.REFERENCE, typed.upper())
        for by, parse in ((By.NUMBER, citizen_number.parse), (By.PHONE, phone_numbers.parse), (By.ACCOUNT, _account)):
            try:
                return cls(by, parse(typed))
            except (Refusal, ValueError):
                continue
        raise LookUpUnreadable

    def find(self, db: Unit, keyring: Keyring) -> UUID | None:
        """The one account that it names. A phone names whoever holds it now."""
        match self.by:
            case By.NUMBER:
                account = find_by_number(db, keyring, self.value)
                return account.id if account else None
            case By.PHONE:
                return holder(db, keyring, self.value)
            case By.ACCOUNT:
                account = find(db, UUID(self.value))
                return account.id if account else None
            case By.REFERENCE:
                row = db.one(_BY_REFERENCE, reference_=self.value)
                return row.account_id if row else None


def _account(text: str) -> str:
    return str(UUID(text))
