"""Finding an account."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select

from idp.accounts.states import State
from idp.accounts.tables import accounts, certificates, persons, recovery_codes, totp_secrets
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit


@dataclass(frozen=True, slots=True)
class Account:
    """An account as every room may see it: no personal data. `level` is how the identity was proved, 1 or 2."""

    id: UUID
    person_id: UUID
    state: State
    level: int
    locale: str


def has_number(name: str) -> ColumnElement[bool]:
    """That an account is of the number whose index is bound to `name`, also while the index key is being changed."""
    return or_(accounts.c.number_index == bindparam(name), accounts.c.number_index_next == bindparam(name))


def _accounts() -> Select[Any]:
    return select(accounts.c.id, accounts.c.person_id, accounts.c.state, accounts.c.level, accounts.c.locale)


_BY_ID: Final = Statement(_accounts().where(accounts.c.id == bindparam("id_")))
_BY_NUMBER: Final = Statement(_accounts().where(has_number("digest_")))
_BY_PERSON_KEY: Final = Statement(
    _accounts()
    .select_from(accounts.join(persons, persons.c.id == accounts.c.person_id))
    .where(persons.c.person_key == bindparam("key_"))
)
_PERSON_KEY: Final = Statement(
    select(persons.c.person_key)
    .select_from(accounts.join(persons, persons.c.id == accounts.c.person_id))
    .where(accounts.c.id == bindparam("id_"))
)
SECOND_FACTORS: Final = (
    exists().where(totp_secrets.c.account_id == accounts.c.id).label("totp"),
    accounts.c.phone_sealed.is_not(None).label("sms"),
    exists().where(recovery_codes.c.account_id == accounts.c.id, recovery_codes.c.spent_at.is_(None)).label("recovery"),
    exists()
    .where(certificates.c.account_id == accounts.c.id, certificates.c.removed_at.is_(None))
    .label("certificate"),
)
"""Columns for a statement about accounts; `those_of` reads them."""

_SECOND_FACTORS: Final = Statement(select(*SECOND_FACTORS).where(accounts.c.id == bindparam("id_")))


def find(db: Unit, account_id: UUID) -> Account | None:
    """The account with this id."""
    return _account(db.one(_BY_ID, id_=account_id))


def find_by_number(db: Unit, keyring: Keyring, number: str) -> Account | None:
    """The account of the person with this citizen number, as `register.citizen_number.parse` gives it."""
    return _account(db.one(_BY_NUMBER, digest_=keyring.index("citizen_number", number).digest))


def find_by_person_key(db: Unit, person_key: UUID) -> Account | None:
    """The account of the person that the register knows by this key."""
    return _account(db.one(_BY_PERSON_KEY, key_=person_key))


def person_key_of(db: Unit, account_id: UUID) -> UUID | None:
    """What the register knows the account's person by; None for no account."""
    row = db.one(_PERSON_KEY, id_=account_id)
    return row.person_key if row else None


def second_factors(db: Unit, account_id: UUID) -> frozenset[str]:
    """What the person can show beside the password: any of `totp`, `sms`, `recovery` and `certificate`.

    A certificate may have expired; whether one still holds is asked when it is shown. Empty for no account.
    """
    row = db.one(_SECOND_FACTORS, id_=account_id)
    return those_of(row) if row else frozenset()


def those_of(row: Row) -> frozenset[str]:
    """The second factors in a row that has the columns `SECOND_FACTORS`."""
    return frozenset(column.name for column in SECOND_FACTORS if getattr(row, column.name))


def _account(row: Row | None) -> Account | None:
    return Account(row.id, row.person_id, State(row.state), row.level, row.locale) if row else None
