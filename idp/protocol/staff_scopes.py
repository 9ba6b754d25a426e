"""The scopes of the admin API are granted to staff alone.

Who is staff `idp.admin` knows, which stands beside this room and not below it: the application hands its answer in. The
API asks again at every call, so that whoever is removed is out at once.
"""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from idp.portals.scopes import OF_STAFF
from idp.storage import Unit


class IsStaff(Protocol):
    """Whether a person's account, or a portal as a program, is staff now."""

    def __call__(self, db: Unit, *, account_id: UUID | None = None, portal_id: UUID | None = None) -> bool:
        """Of the two one is given."""
        ...


def may_have(
    db: Unit,
    is_staff: IsStaff,
    scope: Iterable[str],
    *,
    account_id: UUID | None = None,
    portal_id: UUID | None = None,
) -> bool:
    """Whether nothing in `scope` is for staff, or whoever asks is staff."""
    return OF_STAFF.isdisjoint(scope) or is_staff(db, account_id=account_id, portal_id=portal_id)
