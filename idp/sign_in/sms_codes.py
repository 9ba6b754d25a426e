"""Sending a code for an attempt by SMS."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.accounts import one_time_codes
from idp.accounts.letters import letter
from idp.accounts.method_locks import refuse_locked
from idp.accounts.phones import phone_of
from idp.accounts.restrictions import Method
from idp.accounts.tables import one_time_codes as codes
from idp.attempts.proofs import Proved
from idp.audit import record
from idp.audit.events import OneTimeCodeSent
from idp.notices import queue
from idp.sealing import Keyring
from idp.sign_in import lanes, throttling
from idp.sign_in.methods.sms import PURPOSE
from idp.storage import Statement, Unit

_GOOD_UNTIL: Final = Statement(
    select(codes.c.expires_at).where(
        codes.c.purpose == PURPOSE,
        codes.c.subject == bindparam("subject_"),
        codes.c.spent_at.is_(None),
        codes.c.expires_at > bindparam("now"),
    )
)


def send(db: Unit, keyring: Keyring, proved: Proved, *, language: str, now: datetime) -> None:
    """Queue a code for the person's phone; the one before it dies. Does nothing for an account without a phone.

    Raises `MethodLocked`, `TooManyTries` when enough were sent for this attempt and `TooManyNotices` when enough were
    sent to this phone; either leaves an older code in force.
    """
    phone = phone_of(db, keyring, proved.account_id)
    if phone is None:
        return
    refuse_locked(db, proved.account_id, Method.SMS, now=now)
    throttling.take(db, lanes.of_sending(keyring, proved.id), now=now)
    with db.savepoint():
        code = one_time_codes.issue(
            db, keyring, purpose=PURPOSE, subject=proved.id, account_id=proved.account_id, now=now
        )
        queue(
            db,
            keyring,
            to=phone,
            text=letter("sign_in_code", language, code=code),
            purpose=PURPOSE,
            subject=proved.id,
            account_id=proved.account_id,
            expires_at=now + one_time_codes.LIFETIME,
            now=now,
        )
    record(db, OneTimeCodeSent(purpose=PURPOSE, channel="sms"), now=now, account_id=proved.account_id)


def good_until(db: Unit, attempt_id: UUID, *, now: datetime) -> datetime | None:
    """When the code that was sent for this attempt ends, or None when there is none that could still be right."""
    row = db.one(_GOOD_UNTIL, subject_=attempt_id, now=now)
    return row.expires_at if row else None
