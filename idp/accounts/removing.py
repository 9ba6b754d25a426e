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
    """What is to be removed is the last second factor. Recovery codes are none to live on: they are used up.

    Operator: nothing to do; the person sets up an app, in place of this one or beside the certificate.
    """

    code = "last_second_factor"
    kind = Kind.CONFLICT


TO_LIVE_ON: Final = frozenset({"totp", "sms"})
"""Second factors that neither expire nor are used up."""

_REMOVE_APP: Final = Statement(
    delete(totp_secrets).where(totp_secrets.c.account_id == bindparam("account")).returning(totp_secrets.c.id)
)


def remove_app(db: Unit, account_id: UUID, *, now: datetime) -> bool:
    """Forget the authenticator app; False when there was none. Raises `LastSecondFactor` without a proved phone.

    A certificate is not enough: the day it expires the password would stand alone.
    """
    if "sms" not in second_factors(db, account_id):
        raise LastSecondFactor
    row = db.one(_REMOVE_APP, account=account_id)
    if row is None:
        return False
    record(db, SecondFactorRemoved(method="totp", factor_id=row.id), account_id=account_id, now=now)
    return True
