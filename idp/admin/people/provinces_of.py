"""In which province somebody lives: whether an official of a province may know them."""

from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.claims import Claims, opened
from idp.accounts.tables import accounts
from idp.register.provinces import provinces
from idp.sealing import Keyring
from idp.storage import Statement, Unit

_CLAIMS: Final = Statement(select(accounts.c.claims_sealed).where(accounts.c.id == bindparam("id_")))


def province_of(db: Unit, keyring: Keyring, account_id: UUID) -> str | None:
    """The code of the province that the account's person lives in, by the snapshot of the register.

    None where that says no province that there is, and for no account: then nobody of a province reaches it.
    """
    row = db.one(_CLAIMS, id_=account_id)
    return province_in(opened(keyring, account_id, row.claims_sealed)) if row else None


def province_in(claims: Claims) -> str | None:
    """The code of the province that an account's claims name."""
    return _codes().get(claims.get("address", {}).get("region", ""))


@cache
def _codes() -> dict[str, str]:
    """By name, and by the code that stands for a name that was not known when the snapshot was made."""
    return {known: province.code for province in provinces().values() for known in (province.name, province.code)}
