"""The phone of an account: sealed, and held by one account at a time."""

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.tables import HOLDS_PHONE, accounts
from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.storage import Statement, Unit

_SHOWN = 3


class PhoneTaken(Refusal):
    """The phone already belongs to another live account: one account a phone.

    Operator: whose it is now is for the phone company to say. An activation code (`idp accounts activation-code`) opens
    the account without the phone.
    """

    code = "phone_taken"
    kind = Kind.CONFLICT


_PHONE: Final = Statement(select(accounts.c.phone_sealed).where(accounts.c.id == bindparam("id_")))
_HOLDER: Final = Statement(select(accounts.c.id).where(accounts.c.phone_index == bindparam("digest_"), HOLDS_PHONE))


def phone_of(db: Unit, keyring: Keyring, account_id: UUID) -> str | None:
    """The phone that this account's codes go to (E.164), or None."""
    row = db.one(_PHONE, id_=account_id)
    if row is None or row.phone_sealed is None:
        return None
    return keyring.open_text(row.phone_sealed, table="accounts", column="phone_sealed", row=account_id)


def holder(db: Unit, keyring: Keyring, phone: str) -> UUID | None:
    """The live account that has this phone (E.164), or None."""
    row = db.one(_HOLDER, digest_=keyring.index("phone", phone).digest)
    return row.id if row else None


def masked(phone: str) -> str:
    """A phone as it may be shown to somebody who gave the password: its last three digits."""
    return f"••• ••• •{phone[-_SHOWN:]}"
