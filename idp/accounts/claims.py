"""What portals may be told of a person: a sealed snapshot of the register in the words of OpenID Connect Core §5.1.

The register itself is not copied. The snapshot holds what the standard scopes can ask for and no more; the citizen
number stands apart, because it is released on other grounds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.tables import accounts
from idp.register.names import split
from idp.register.person import Person
from idp.register.provinces import provinces
from idp.sealing import Keyring
from idp.storage import Statement, Unit

Claims = dict[str, Any]

EXTRA: Final = frozenset({"nickname", "profile", "picture", "website", "preferred_username", "email", "email_verified"})
"""Standard claims that no register knows and an account may be opened with."""

_ZONE = "Asia/Ho_Chi_Minh"
_NATION = "VN"
_COUNTRY = "Việt Nam"

_CLAIMS: Final = Statement(select(accounts.c.claims_sealed).where(accounts.c.id == bindparam("id_")))
_NUMBER: Final = Statement(select(accounts.c.number_sealed).where(accounts.c.id == bindparam("id_")))


def of_person(
    person: Person, *, phone: str | None, locale: str, extra: Mapping[str, Any] | None = None, now: datetime
) -> Claims:
    """The snapshot of a register's record. `phone` (E.164) was proved to be the person's. `extra` is of `EXTRA`.

    Raises `ValueError` for an extra claim that is not.
    """
    if strange := (extra or {}).keys() - EXTRA:
        raise ValueError(f"not an extra claim: {', '.join(sorted(strange))}")
    claims: Claims = {
        **_names(person),
        "gender": person.gender,
        "birthdate": str(person.birth),
        "address": _address(person),
        "locale": locale,
        "zoneinfo": _ZONE,
        "updated_at": int(now.timestamp()),
    }
    if phone is not None:
        claims |= {"phone_number": phone, "phone_number_verified": True}
    return claims | dict(extra or {})


def seal(keyring: Keyring, account_id: UUID, claims: Claims) -> bytes:
    """The snapshot as its column keeps it."""
    return keyring.seal_json(claims, table="accounts", column="claims_sealed", row=account_id)


def opened(keyring: Keyring, account_id: UUID, sealed: bytes) -> Claims:
    """What `seal` sealed, for a statement that joined the column."""
    claims: Claims = keyring.open_json(sealed, table="accounts", column="claims_sealed", row=account_id)
    return claims


def snapshot(db: Unit, keyring: Keyring, account_id: UUID) -> Claims:
    """The account's claims. What a person does not have is left out. Raises `LookupError` for no account."""
    row = db.one(_CLAIMS, id_=account_id)
    if row is None:
        raise LookupError("no such account")
    return opened(keyring, account_id, row.claims_sealed)


def citizen_number(db: Unit, keyring: Keyring, account_id: UUID) -> str:
    """The twelve digits. Whoever passes them on records it first. Raises `LookupError` for no account."""
    row = db.one(_NUMBER, id_=account_id)
    if row is None:
        raise LookupError("no such account")
    return keyring.open_text(row.number_sealed, table="accounts", column="number_sealed", row=account_id)


def _names(person: Person) -> Claims:
    # Only Vietnamese names are known to stand in the order family, middle, given.
    if person.nationality != _NATION:
        return {"name": person.full_name}
    parts = split(person.full_name)
    named = {"family_name": parts.family, "middle_name": parts.middle, "given_name": parts.given}
    return {"name": person.full_name, **{claim: part for claim, part in named.items() if part}}


def _address(person: Person) -> Claims:
    province = provinces().get(person.province)
    region = province.name if province else person.province
    # A commune that is not listed is named by its code: better than nothing, and never another's name.
    commune = (province.communes if province else {}).get(person.commune, person.commune)
    lines = [person.address_detail, commune, region, _COUNTRY]
    parts = {"street_address": person.address_detail, "locality": commune, "region": region, "country": _COUNTRY}
    return {"formatted": ", ".join(filter(None, lines)), **{name: part for name, part in parts.items() if part}}
