"""Taking a second factor away: never the last one, or the password alone would be left."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete

from idp.accounts.finding import second_factors
from idp.accounts.tables import totp_secrets
from idp.audit import record
from idp.audit.events import SecondFactorRemoved
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit


class LastSecondFactor(Refusal):
    """The authenticator app is the only second factor that is left. Recovery codes are no factor to live on.

    Operator: nothing to do; the person sets up another app, which takes the place of this one.
    """

    code = "last_second_factor"
    kind = Kind.CONFLICT


_REMOVE_APP: Final = Statement(
    delete(totp_secrets).where(totp_secrets.c.account_id == bindparam("account")).returning(totp_secrets.c.id)
)


def remove_app(db: Unit, account_id: UUID, *, now: datetime) -> bool:
    """Forget the authenticator app; False when there was none. Raises `LastSecondFactor` without a proved phone."""
    if "sms" not in second_factors(db, account_id):
        raise LastSecondFactor
    row = db.one(_REMOVE_APP, account=account_id)
    if row is None:
        return False
    record(db, SecondFactorRemoved(method="totp", factor_id=row.id), account_id=account_id, now=now)
    return True
