"""Ten codes on paper for the day the phone is lost: each stands in for the second factor once."""

import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from idp.accounts.tables import recovery_codes
from idp.accounts.typed_codes import new_code, read_code
from idp.audit import record
from idp.audit.events import RecoveryCodesMade, RecoveryCodeUsed
from idp.sealing import Keyring
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id

COUNT: Final = 10
LENGTH: Final = 16
"""Characters: 80 bits."""

_PURPOSE = "recovery"

_REMOVE: Final = Statement(delete(recovery_codes).where(recovery_codes.c.account_id == bindparam("account")))
_MAKE: Final = Statement(insert(recovery_codes))
_UNSPENT: Final = Statement(
    select(recovery_codes.c.id, recovery_codes.c.mac).where(
        recovery_codes.c.account_id == bindparam("account"), recovery_codes.c.spent_at.is_(None)
    )
)
_SPEND: Final = Statement(
    update(recovery_codes)
    .where(recovery_codes.c.id == bindparam("id_"), recovery_codes.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)


def make(db: Unit, keyring: Keyring, account_id: UUID, *, now: datetime) -> list[str]:
    """Ten new codes, to be shown once; all earlier ones are dead."""
    db.execute(_REMOVE, account=account_id)
    codes = {new_id(now): new_code(LENGTH) for _ in range(COUNT)}
    rows = [
        {"id": row_id, "account_id": account_id, "mac": _mac(keyring, code.replace("-", ""), row_id), "created_at": now}
        for row_id, code in codes.items()
    ]
    db.many(_MAKE, rows)
    record(db, RecoveryCodesMade(count=COUNT), account_id=account_id, now=now)
    return list(codes.values())


def spend(db: Unit, keyring: Keyring, account_id: UUID, code: str, *, now: datetime) -> bool:
    """Whether this is an unspent code of the account; then it is spent. The caller counts wrong ones."""
    characters = read_code(code, LENGTH)
    if characters is None:
        return False
    unspent = db.all(_UNSPENT, account=account_id)
    # The MAC has the row's id in it, so each row is asked; all of them, whichever is right.
    right = [row.id for row in unspent if hmac.compare_digest(row.mac, _mac(keyring, characters, row.id))]
    if not right or db.execute(_SPEND, id_=right[0], now=now) != 1:
        return False
    record(db, RecoveryCodeUsed(left=len(unspent) - 1), account_id=account_id, now=now)
    return True


def _mac(keyring: Keyring, code: str, row_id: UUID) -> bytes:
    return keyring.code_mac(code, purpose=_PURPOSE, row=row_id)
