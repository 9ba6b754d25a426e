"""How a member of staff is called on the console's pages: a person by name and the end of the number, a program by its
client_id."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts.claims import opened
from idp.accounts.tables import accounts
from idp.admin.tables import staff
from idp.audit import LOCAL_OPERATOR
from idp.portals.portals import Portals
from idp.register.provinces import provinces
from idp.sealing import Keyring
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among

_DIGITS_SHOWN: Final = 4

_SEALED: Final = (accounts.c.id.label("account_id"), accounts.c.claims_sealed, accounts.c.number_sealed)
_OF_ACCOUNT: Final = Statement(select(*_SEALED).where(accounts.c.id == bindparam("id_")))
_MEMBERS: Final = Statement(
    select(staff.c.id, staff.c.portal_id, *_SEALED)
    .select_from(staff.outerjoin(accounts, accounts.c.id == staff.c.account_id))
    .where(among(staff.c.id, "ids"))
)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who acted: `is_operator` for the command line, whose name nobody knows."""

    name: str = field(repr=False)
    is_operator: bool = False


def named(db: Unit, keyring: Keyring, portals: Portals, actor: str) -> Named:
    """Who an actor is."""
    return all_named(db, keyring, portals, [actor])[actor]


def all_named(db: Unit, keyring: Keyring, portals: Portals, actors: Iterable[str]) -> dict[str, Named]:
    """Who each of these actors is, in one statement; also those who are staff no more."""
    known = {actor: Named(actor, is_operator=actor == LOCAL_OPERATOR) for actor in actors}
    ids = [UUID(actor) for actor, each in known.items() if not each.is_operator]
    for row in db.all(_MEMBERS, ids=ids):
        known[str(row.id)] = Named(_person(keyring, row) if row.account_id else client_of(portals, row.portal_id))
    return known


def name_of_account(db: Unit, keyring: Keyring, account_id: UUID) -> str:
    """A person's name, and the last digits of the number. Raises `LookupError` for no account."""
    row = db.one(_OF_ACCOUNT, id_=account_id)
    if row is None:
        raise LookupError("no such account")
    return _person(keyring, row)


def _person(keyring: Keyring, row: Row) -> str:
    name = opened(keyring, row.account_id, row.claims_sealed)["name"]
    number = keyring.open_text(row.number_sealed, table="accounts", column="number_sealed", row=row.account_id)
    return f"{name} (•••• {number[-_DIGITS_SHOWN:]})"


def client_of(portals: Portals, portal_id: UUID | None) -> str:
    """A program's client_id."""
    portal = portals.by_id(portal_id) if portal_id else None
    return portal.client_id if portal else str(portal_id)


def province_named(code: str | None) -> str:
    """A province's name; empty for the nation."""
    return provinces()[code].name if code else ""
