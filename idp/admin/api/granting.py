"""To whom the API's scopes are granted: asked by `idp.protocol`, which the application hands this."""

from uuid import UUID

from idp.admin.staff import of_account, of_portal
from idp.storage import Unit


def is_staff(db: Unit, *, account_id: UUID | None = None, portal_id: UUID | None = None) -> bool:
    """Whether that person, or that portal as a program, is staff now. Of the two one is given."""
    if account_id is not None:
        return of_account(db, account_id) is not None
    return portal_id is not None and of_portal(db, portal_id) is not None
