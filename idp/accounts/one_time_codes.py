"""Six-digit codes that are sent to a phone: bound to one request, good for minutes, tried five times, spent once."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update

from idp.accounts.tables import one_time_codes
from idp.accounts.typed_codes import read_digits
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import upsert

LIFETIME: Final = timedelta(minutes=5)
MOST_TRIES: Final = 5

# One row a purpose and subject: the newer code takes the place of the older, which is dead from then on.
_ISSUE: Final = Statement(
    upsert(
        one_time_codes,
        keys=["purpose", "subject"],
        set_=lambda new: {
            "id": new.id,
            "mac": new.mac,
            "tries": new.tries,
            "expires_at": new.expires_at,
            "spent_at": new.spent_at,
            "account_id": new.account_id,
        },
    )
)
_COUNT: Final = Statement(
    update(one_time_codes)
    .where(
        one_time_codes.c.purpose == bindparam("purpose_"),
        one_time_codes.c.subject == bindparam("subject_"),
        one_time_codes.c.spent_at.is_(None),
        one_time_codes.c.expires_at > bindparam("now"),
        one_time_codes.c.tries < MOST_TRIES,
    )
    .values(tries=one_time_codes.c.tries + 1)
    .returning(one_time_codes.c.id, one_time_codes.c.mac)
)
_SPEND: Final = Statement(
    update(one_time_codes)
    .where(one_time_codes.c.id == bindparam("id_"), one_time_codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)

_END_ALL: Final = Statement(
    update(one_time_codes)
    .where(
        among(one_time_codes.c.account_id, "accounts"),
        one_time_codes.c.spent_at.is_(None),
        one_time_codes.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(one_time_codes.c.purpose, one_time_codes.c.subject)
)


def issue(
    db: Unit,
    keyring: Keyring,
    *,
    purpose: str,
    subject: UUID,
    account_id: UUID | None = None,
    lifetime: timedelta = LIFETIME,
    now: datetime,
) -> str:
    """A new code for this purpose and subject; the one before it dies. Six digits, which are not kept.

    It ends with `account_id`, if it is anybody's yet (`end_all`).
    """
    code = _six_digits()
    _keep(db, keyring, code, purpose, subject, account_id, now + lifetime, now=now)
    return code


def issue_decoy(
    db: Unit,
    keyring: Keyring,
    *,
    purpose: str,
    subject: UUID,
    account_id: UUID | None = None,
    lifetime: timedelta = LIFETIME,
    now: datetime,
) -> str:
    """All that `issue` does, for somebody who is not known: the row is alike, and no code is ever right for it."""
    _keep(db, keyring, secrets.token_hex(16), purpose, subject, account_id, now + lifetime, now=now)
    return _six_digits()


def spend(db: Unit, keyring: Keyring, code: str, *, purpose: str, subject: UUID, now: datetime) -> bool:
    """Whether this is the living code; then it is spent. What was typed is counted before it is looked at."""
    row = db.one(_COUNT, purpose_=purpose, subject_=subject, now=now)
    digits = read_digits(code)
    if row is None or digits is None:
        return False
    if not hmac.compare_digest(row.mac, keyring.code_mac(digits, purpose=purpose, row=row.id)):
        return False
    return db.execute(_SPEND, id_=row.id, now=now) == 1


def end_all(db: Unit, accounts: Sequence[UUID], *, now: datetime) -> list[tuple[str, UUID]]:
    """End every code that is out for these accounts; purpose and subject of each: its message may still wait."""
    return [(row.purpose, row.subject) for row in db.all(_END_ALL, accounts=list(accounts), now=now)]


def _keep(
    db: Unit,
    keyring: Keyring,
    code: str,
    purpose: str,
    subject: UUID,
    account_id: UUID | None,
    expires_at: datetime,
    *,
    now: datetime,
) -> None:
    row_id = new_id(now)
    mac = keyring.code_mac(code, purpose=purpose, row=row_id)
    whose = {"purpose": purpose, "subject": subject, "account_id": account_id}
    db.execute(_ISSUE, id=row_id, **whose, mac=mac, tries=0, expires_at=expires_at)


def _six_digits() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
