"""The units of the pages for second factors: what there is, and changing it, with word of it to the phone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select

from idp.accounts import certificates, may_issue, recovery_codes, totp
from idp.accounts.notifying import tell
from idp.accounts.phones import masked, phone_of
from idp.accounts.removing import remove_app
from idp.accounts.tables import recovery_codes as kept_codes
from idp.accounts.tables import totp_secrets
from idp.sealing import Keyring
from idp.storage import Statement, Unit

_APP_SINCE: Final = Statement(
    select(totp_secrets.c.confirmed_at).where(totp_secrets.c.account_id == bindparam("account"))
)
_CODES_LEFT: Final = Statement(
    select(func.count().label("left")).where(
        kept_codes.c.account_id == bindparam("account"), kept_codes.c.spent_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has beside the password. `phone` is masked, `certificates` is how many there are."""

    app_since: datetime | None
    phone: str | None
    codes_left: int
    certificates: int


def look(db: Unit, keyring: Keyring, account_id: UUID) -> Factors:
    """What the account has."""
    app, codes, phone = (
        db.one(_APP_SINCE, account=account_id),
        db.one(_CODES_LEFT, account=account_id),
        phone_of(db, keyring, account_id),
    )
    return Factors(
        app_since=app.confirmed_at if app else None,
        phone=masked(phone) if phone else None,
        codes_left=codes.left if codes else 0,
        certificates=len(certificates.list_of(db, keyring, account_id)),
    )


def enrol(db: Unit, keyring: Keyring, account_id: UUID, secret: str, code: str, *, now: datetime) -> None:
    """Take an app into use; raises `totp.TotpNotConfirmed` and what `may_issue` raises."""
    may_issue(db, account_id, now=now)
    totp.enrol(db, keyring, account_id, secret, code, now=now)
    tell(db, keyring, account_id, "factors_changed", now=now)


def remove(db: Unit, keyring: Keyring, account_id: UUID, *, now: datetime) -> None:
    """Remove the app, if there is one; raises `LastSecondFactor` and what `may_issue` raises."""
    may_issue(db, account_id, now=now)
    if remove_app(db, account_id, now=now):
        tell(db, keyring, account_id, "factors_changed", now=now)


def make_codes(db: Unit, keyring: Keyring, account_id: UUID, *, now: datetime) -> list[str]:
    """New recovery codes in place of all others; raises what `may_issue` raises."""
    # One after another, by the account's row: what two at once take away is the set before, and neither the other's.
    may_issue(db, account_id, now=now)
    codes = recovery_codes.make(db, keyring, account_id, now=now)
    tell(db, keyring, account_id, "factors_changed", now=now)
    return codes
