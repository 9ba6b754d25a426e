"""The phone of an account: sealed, and held by one account at a time."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, literal_column, or_, select, update

from idp.accounts import claims
from idp.accounts.states import LIVE
from idp.accounts.tables import HOLDS_PHONE, accounts
from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.lists import among

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

_LIVE: Final[list[ColumnElement[str]]] = [literal_column(f"'{state}'") for state in LIVE]
_OTHER = accounts.alias("other")
_TAKEN: Final = Statement(
    select(accounts.c.id, accounts.c.claims_sealed).where(
        among(accounts.c.id, "accounts"),
        accounts.c.state.not_in(_LIVE),
        select(_OTHER.c.id)
        .where(
            _OTHER.c.phone_index == accounts.c.phone_index,
            or_(_OTHER.c.state.in_(_LIVE), and_(among(_OTHER.c.id, "accounts"), _OTHER.c.id < accounts.c.id)),
        )
        .exists(),
    )
)
_GIVE_UP: Final = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("id_"))
    .values(phone_sealed=None, phone_index=None, phone_index_key_id=None, claims_sealed=bindparam("claims"))
)


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


def give_up_taken(db: Unit, keyring: Keyring, ids: Collection[UUID]) -> None:
    """Before these accounts live again: take from each the phone that is another's by now, and the claim of it."""
    for row in db.all(_TAKEN, accounts=list(ids)):
        told = claims.opened(keyring, row.id, row.claims_sealed)
        kept = {name: value for name, value in told.items() if not name.startswith("phone_number")}
        db.execute(_GIVE_UP, id_=row.id, claims=claims.seal(keyring, row.id, kept))
