"""What an operator may see of an account: its state, and nothing of the person but the end of a phone number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.finding import second_factors
from idp.accounts.phones import masked, phone_of
from idp.accounts.tables import accounts
from idp.sealing import Keyring
from idp.storage import Statement, Unit


@dataclass(frozen=True, slots=True)
class Summary:
    """An account in short. Times are UTC; `phone` is masked."""

    account: UUID
    state: str
    since: datetime
    level: int
    opened: datetime
    record_version: int
    second_factors: tuple[str, ...]
    phone: str | None


_SUMMARY: Final = Statement(
    select(
        accounts.c.state,
        accounts.c.state_since,
        accounts.c.level,
        accounts.c.created_at,
        accounts.c.record_version,
    ).where(accounts.c.id == bindparam("id_"))
)


def summary_of(db: Unit, keyring: Keyring, account_id: UUID) -> Summary:
    """The account in short. Raises `LookupError` for no account."""
    row = db.one(_SUMMARY, id_=account_id)
    if row is None:
        raise LookupError("no such account")
    phone = phone_of(db, keyring, account_id)
    return Summary(
        account=account_id,
        state=row.state,
        since=row.state_since,
        level=row.level,
        opened=row.created_at,
        record_version=row.record_version,
        second_factors=tuple(sorted(second_factors(db, account_id))),
        phone=masked(phone) if phone else None,
    )
