"""How a member of staff is called on the console's pages: a person by name and the end of the number, a program by its
client_id."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from idp.accounts.claims import citizen_number, snapshot
from idp.admin.staff import Staff, ever
from idp.audit import LOCAL_OPERATOR
from idp.portals.portals import Portals
from idp.register.provinces import provinces
from idp.sealing import Keyring
from idp.storage import Unit

_DIGITS_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who acted: `is_operator` for the command line, whose name nobody knows."""

    name: str = field(repr=False)
    is_operator: bool = False


def named(db: Unit, keyring: Keyring, portals: Portals, actor: str) -> Named:
    """Who an actor is."""
    if actor == LOCAL_OPERATOR:
        return Named(actor, is_operator=True)
    member = ever(db, UUID(actor))
    return Named(actor if member is None else name_of(db, keyring, portals, member))


def name_of(db: Unit, keyring: Keyring, portals: Portals, member: Staff) -> str:
    """What they are called."""
    if member.account_id is not None:
        return name_of_account(db, keyring, member.account_id)
    return client_of(portals, member.portal_id)


def name_of_account(db: Unit, keyring: Keyring, account_id: UUID) -> str:
    """A person's name, and the last digits of the number."""
    name = snapshot(db, keyring, account_id)["name"]
    return f"{name} (•••• {citizen_number(db, keyring, account_id)[-_DIGITS_SHOWN:]})"


def client_of(portals: Portals, portal_id: UUID | None) -> str:
    """A program's client_id."""
    portal = portals.by_id(portal_id) if portal_id else None
    return portal.client_id if portal else str(portal_id)


def province_named(code: str | None) -> str:
    """A province's name; empty for the nation."""
    return provinces()[code].name if code else ""
