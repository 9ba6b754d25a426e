"""What a portal is told about a person, and the record of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from idp.accounts.claims import opened
from idp.audit.events import NationalNumberReleased
from idp.audit.events.event import RegisteredText
from idp.audit.record import record
from idp.portals.portal import Portal
from idp.sealing.keyring import Keyring
from idp.storage import Row, Unit
from idp.tokens import claims


def release(
    db: Unit,
    keyring: Keyring,
    portal: Portal,
    account_id: UUID,
    about: Row,
    scope: Iterable[str],
    one_by_one: Iterable[str],
    *,
    where: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of `scope` and those asked for `one_by_one`, of the account whose row is `about` (`standing`).

    What the portal is no longer registered for it does not get, whatever was granted once.
    Giving out the citizen number is written down with the portal's legal basis; `where` it goes is `userinfo` or
    `id_token`. Then, and only then, `db` must be a unit that may write.
    """
    scope = [value for value in scope if value in portal.scopes]
    one_by_one = claims.allowed(one_by_one, portal.scopes)
    names = {*claims.of_scope(scope), *one_by_one}
    if not names:
        return {}
    known = {**opened(keyring, account_id, about.claims_sealed), "account_level": about.level}
    if claims.NATIONAL_NUMBER in names:
        known[claims.NATIONAL_NUMBER] = keyring.open_text(
            about.number_sealed, table="accounts", column="number_sealed", row=account_id
        )
        event = NationalNumberReleased(legal_basis=RegisteredText(portal.legal_basis), released_in=where)
        record(db, event, now=now, account_id=account_id, portal_id=portal.id)
    return claims.choose(known, scope, one_by_one)
