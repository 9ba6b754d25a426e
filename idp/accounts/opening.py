"""Opening the account of a person of the register."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import Insert

from idp.accounts import activation_codes, claims
from idp.accounts.finding import Account, find_by_person_key
from idp.accounts.passwords import set_password
from idp.accounts.phones import PhoneTaken, holder
from idp.accounts.states import State
from idp.accounts.tables import accounts, persons
from idp.audit import record
from idp.audit.events import AccountActivated
from idp.errors import Kind, Refusal
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import insert_once


class AlreadyActive(Refusal):
    """The person has an account already: one account a person.

    Operator: `idp accounts show` tells its state. Whoever forgot the password or lost the phone is helped in person.
    """

    code = "already_active"
    kind = Kind.CONFLICT


_KEEP_PERSON: Final = Statement(insert_once(persons, keys=["person_key"]))
_PERSON: Final = Statement(select(persons.c.id).where(persons.c.person_key == bindparam("key_")))
# Whichever of person, number and phone is taken; the construct compiles for both engines, as in idp.storage.upserts.
_OPEN: Final = Statement(Insert(accounts).on_conflict_do_nothing())


def create(
    db: Unit,
    keyring: Keyring,
    person: Person,
    *,
    password_hash: str,
    level: int = 1,
    phone: str | None = None,
    locale: str = "vi",
    extra_claims: Mapping[str, Any] | None = None,
    proof: str = "operator",
    now: datetime,
) -> Account:
    """Open the account. `phone` (E.164) was proved to be theirs; `proof` is how they showed who they are.

    `extra_claims` are of `claims.EXTRA`. One statement decides, so of two who open at once one gets `AlreadyActive`, or
    `PhoneTaken` when they are two people with one phone.
    """
    account = Account(new_id(now), _person_id(db, person.key, now=now), State.ACTIVE, level, locale)
    told = claims.of_person(person, phone=phone, locale=locale, extra=extra_claims, now=now)
    opened = db.execute(
        _OPEN,
        id=account.id,
        person_id=account.person_id,
        state=account.state,
        state_since=now,
        level=level,
        locale=locale,
        record_version=person.record_version,
        claims_sealed=claims.seal(keyring, account.id, told),
        claims_at=now,
        created_at=now,
        restricted=False,
        **_number(keyring, account.id, person.number),
        **(_phone(keyring, account.id, phone) if phone else {}),
    )
    if not opened:
        raise _what_is_taken(db, keyring, person, phone)
    activation_codes.void(db, person.key, now=now)
    record(db, AccountActivated(level=level, proof=proof), account_id=account.id, now=now)
    set_password(db, account.id, password_hash, occasion="activation", now=now)
    return account


def _person_id(db: Unit, person_key: UUID, *, now: datetime) -> UUID:
    db.execute(_KEEP_PERSON, id=new_id(now), person_key=person_key, created_at=now)
    row = db.one(_PERSON, key_=person_key)
    assert row is not None
    person_id: UUID = row.id
    return person_id


def _number(keyring: Keyring, account_id: UUID, number: str) -> dict[str, Any]:
    index = keyring.index("citizen_number", number)
    sealed = keyring.seal_text(number, table="accounts", column="number_sealed", row=account_id)
    return {"number_sealed": sealed, "number_index": index.digest, "number_index_key_id": index.key_id}


def _phone(keyring: Keyring, account_id: UUID, phone: str) -> dict[str, Any]:
    index = keyring.index("phone", phone)
    sealed = keyring.seal_text(phone, table="accounts", column="phone_sealed", row=account_id)
    return {"phone_sealed": sealed, "phone_index": index.digest, "phone_index_key_id": index.key_id}


def _what_is_taken(db: Unit, keyring: Keyring, person: Person, phone: str | None) -> Refusal:
    if find_by_person_key(db, person.key):
        return AlreadyActive("person")
    if phone and holder(db, keyring, phone):
        return PhoneTaken()
    return AlreadyActive("number")
