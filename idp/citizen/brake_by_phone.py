"""The units of a lock by phone: a code to the account's phone, for whoever types a citizen number; and the lock.

Before the code nobody learns whether a number is anybody's: the same statements, a decoy of a code, no message. A code
is tried five times and few are made in a day, because the number alone is known to many: whoever does not have the
phone locks nobody. Nor do they keep anybody from locking: they use up the codes of where they are, or of strangers.
"""

from datetime import datetime, timedelta
from typing import Final

from idp.accounts import Account, find_by_number, one_time_codes
from idp.accounts.issuing import hold_issuing
from idp.accounts.letters import letter
from idp.accounts.method_locks import locked_methods, refuse_locked
from idp.accounts.phones import phone_of
from idp.accounts.restrictions import Method
from idp.accounts.states import LIVE
from idp.audit import record
from idp.audit.events import LockRefused, OneTimeCodeSent, SignInRefused
from idp.citizen import brake
from idp.citizen.brake import Way
from idp.citizen.brake_progress import LockProgress
from idp.citizen.limits import may_be_sent_a_lock_code
from idp.errors import Refusal
from idp.interventions.intervening import Done
from idp.notices import queue, queue_decoy
from idp.sealing import Keyring
from idp.sign_in import devices
from idp.sign_in.browser import Browser
from idp.storage import Unit
from idp.storage.identifiers import new_id

_PURPOSE: Final = "lock"
_LETTER: Final = "lock_code"


class LockCodeWrong(Refusal):
    """The code of a lock was not right, too old, tried too often, or there was nobody to have one.

    Operator: `idp interventions suspend` locks the account of whoever shows otherwise who they are.
    """

    code = "lock_code_wrong"


def begin(db: Unit, keyring: Keyring, browser: Browser, number: str, *, now: datetime) -> LockProgress:
    """Start a lock for whoever's number this is, as `register.citizen_number.parse` gives it; a code is sent.

    Without an account that is in use or suspended, without a phone, where codes by SMS are locked, or over the caps,
    everything is a decoy.
    """
    account, subject = _holder_of_phone(find_by_number(db, keyring, number)), new_id(now)
    account_id = account.id if account else new_id(now)
    # Whoever has the password alone makes no browser known that has codes of its own.
    device = devices.known(db, browser.device, account_id, level=2, now=now)
    sends = may_be_sent_a_lock_code(db, keyring, number, browser, device, now=now)
    phone = None if Method.SMS in locked_methods(db, account_id, now=now) else phone_of(db, keyring, account_id)
    make_code, send = (one_time_codes.issue, queue) if phone and sends else (one_time_codes.issue_decoy, queue_decoy)
    # Of no account: what opens nothing lives on beside an intervention, and whoever comes second is told that it is
    # locked. So whether codes by SMS are locked is asked again (`lock`).
    code = make_code(db, keyring, purpose=_PURPOSE, subject=subject, now=now)
    send(
        db,
        keyring,
        to=phone or number,
        text=letter(_LETTER, browser.language, code=code),
        purpose=_LETTER,
        account_id=account.id if account else None,
        expires_at=now + one_time_codes.LIFETIME,
        quietly=True,
        now=now,
    )
    record(db, OneTimeCodeSent(purpose=_PURPOSE, channel="sms"), account_id=account.id if account else None, now=now)
    return LockProgress(subject, account_id, now, sends)


def lock(
    db: Unit,
    keyring: Keyring,
    progress: LockProgress,
    code: str,
    *,
    told_for: timedelta,
    reference: str,
    now: datetime,
) -> Done:
    """Take the code, once, and lock the account; the rest is as for `brake.lock`.

    Raises `LockCodeWrong` and, after the right code, `MethodLocked` and what that raises.
    """
    if not one_time_codes.spend(db, keyring, code, purpose=_PURPOSE, subject=progress.subject, now=now):
        # Under no account: before the proof nobody's claim to be somebody is written down as theirs.
        record(db, SignInRefused(method="sms", reason=LockCodeWrong.code), reference=reference, now=now)
        raise LockCodeWrong
    try:
        hold_issuing(db, progress.account_id)
        refuse_locked(db, progress.account_id, Method.SMS, now=now)
        return brake.lock(db, keyring, progress.account_id, Way.PHONE, told_for=told_for, reference=reference, now=now)
    except Refusal as refusal:
        record(db, LockRefused(refusal.code), account_id=progress.account_id, reference=reference, now=now)
        raise


def _holder_of_phone(account: Account | None) -> Account | None:
    """Whoever's phone it still is: that of an account which has ended may be somebody else's by now."""
    return account if account is not None and account.state in LIVE else None
