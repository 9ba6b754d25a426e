"""To whom the API's scopes are granted: asked by `idp.protocol`, which the application hands this."""

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from idp.admin.tables import staff
from idp.storage import Statement, Unit

_IS: Final = Statement(
    select(staff.c.id).where(
        staff.c.removed_at.is_(None),
        or_(staff.c.account_id == bindparam("account"), staff.c.portal_id == bindparam("portal")),
    )
)


def is_staff(db: Unit, *, account_id: UUID | None = None, portal_id: UUID | None = None) -> bool:
    """Whether that person, or that portal as a program, is staff now. Of the two one is given."""
    return db.one(_IS, account=account_id, portal=portal_id) is not None
