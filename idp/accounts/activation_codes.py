"""Codes handed over at a counter, on paper, to a person whose card was seen: they open an account without a phone."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.accounts.tables import accounts, activation_codes, persons
from idp.accounts.typed_codes import new_code, read_code
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import ActivationCodeIssued
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import upsert

LIFETIME: Final = timedelta(days=7)
"""An account is activated within seven days of its notice (Decree 69/2024, article 14)."""

LENGTH: Final = 12
"""Characters: 60 bits. Too many to guess even with the tries below, few enough to type from paper."""

MOST_TRIES: Final = 30_000
"""Whoever knows the person's number, name and birth date can use these up, so they are many. All of them together find
a code of 60 bits once in forty million million."""

_PURPOSE = "activation_code"

_ISSUE: Final = Statement(
    upsert(
        activation_codes,
        keys=["person_key"],
        set_=lambda new: {
            "id": new.id,
            "mac": new.mac,
            "tries": new.tries,
            "created_at": new.created_at,
            "expires_at": new.expires_at,
            "spent_at": new.spent_at,
        },
    )
)
_COUNT: Final = Statement(
    update(activation_codes)
    .where(
        activation_codes.c.person_key == bindparam("key_"),
        activation_codes.c.spent_at.is_(None),
        activation_codes.c.expires_at > bindparam("now"),
        activation_codes.c.tries < MOST_TRIES,
    )
    .values(tries=activation_codes.c.tries + 1)
    .returning(activation_codes.c.id, activation_codes.c.mac)
)
_SPEND: Final = Statement(
    update(activation_codes)
    .where(activation_codes.c.id == bindparam("id_"), activation_codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)
_VOID: Final = Statement(
    update(activation_codes)
    .where(activation_codes.c.person_key == bindparam("key_"), activation_codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)
_VOID_ALL: Final = Statement(
    update(activation_codes)
    .where(
        activation_codes.c.person_key.in_(
            select(persons.c.person_key)
            .select_from(accounts.join(persons, persons.c.id == accounts.c.person_id))
            .where(among(accounts.c.id, "accounts"))
        ),
        activation_codes.c.spent_at.is_(None),
    )
    .values(spent_at=bindparam("now"))
)


def make_activation_code(
    db: Unit,
    keyring: Keyring,
    person_key: UUID,
    *,
    account_id: UUID | None = None,
    actor: str = LOCAL_OPERATOR,
    now: datetime,
) -> str:
    """A new code for this person of the register; the one before it dies. It can be shown once and is not kept.

    `account_id` is the account that the person has already: there it is on record for them to see.
    """
    code, row_id = new_code(LENGTH), new_id(now)
    mac = keyring.code_mac(code.replace("-", ""), purpose=_PURPOSE, row=row_id)
    times = {"created_at": now, "expires_at": now + LIFETIME}
    db.execute(_ISSUE, id=row_id, person_key=person_key, mac=mac, tries=0, **times)
    record(db, ActivationCodeIssued(code_id=row_id), account_id=account_id, actor=actor, now=now)
    return code


def spend(db: Unit, keyring: Keyring, code: str, *, person_key: UUID, now: datetime) -> bool:
    """Whether this is the person's living code; then it is spent. What was typed is counted before it is looked at."""
    row = db.one(_COUNT, key_=person_key, now=now)
    characters = read_code(code, LENGTH)
    if row is None or characters is None:
        return False
    if not hmac.compare_digest(row.mac, keyring.code_mac(characters, purpose=_PURPOSE, row=row.id)):
        return False
    return db.execute(_SPEND, id_=row.id, now=now) == 1


def void(db: Unit, person_key: UUID, *, now: datetime) -> None:
    """The person's account was opened: a code that was handed over for that must not open it again."""
    db.execute(_VOID, key_=person_key, now=now)


def void_all(db: Unit, ids: Sequence[UUID], *, now: datetime) -> None:
    """No code that was handed over for one of these accounts is good any more: a new one is made by whoever acts."""
    db.execute(_VOID_ALL, accounts=list(ids), now=now)
