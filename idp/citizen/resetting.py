"""The units of a recovery: each proof once, and then a new password that ends everything the old one opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from idp.accounts import certificates, may_issue, recovery, recovery_codes, second_factors, totp
from idp.accounts.activation import App, SecondFactorMissing
from idp.accounts.due import Deceased
from idp.accounts.issuing import CutOff, ReProofNeeded, hold_issuing
from idp.accounts.method_locks import locked_methods
from idp.accounts.notifying import tell
from idp.accounts.passwords import set_password
from idp.accounts.recovery import Proof
from idp.accounts.removing import remove_app
from idp.accounts.restrictions import Kind, Method
from idp.accounts.state_changes import met
from idp.attempts import proofs
from idp.attempts.pending import AttemptMissing
from idp.attempts.proofs import Proved, TooManyWrongCodes
from idp.citizen import brake
from idp.citizen.limits import Purpose, may_be_sent_a_code
from idp.citizen.new_password import PasswordUnchanged
from idp.citizen.recovery_progress import LIFETIME, RecoveryGone, RecoveryProgress
from idp.citizen.stated_identity import StatedIdentity
from idp.citizen.steps import Finished
from idp.errors import Kind as RefusalKind
from idp.errors import Refusal
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sessions.browser import Ending, end_all
from idp.sign_in import devices, lanes, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.refusals import written_down
from idp.storage import Unit
from idp.storage.identifiers import new_id

_REMAINING: Final = frozenset({"totp", "recovery"})
"""What can stand beside a code that came by phone: the phone itself is no second factor to itself."""


class FactorWrong(Refusal):
    """Beside the code from the phone, neither a code of the app nor a recovery code was right.

    Operator: nothing to do. Whoever has neither left is given a code at a counter.
    """

    code = "recovery_factor_wrong"


class CounterNeeded(Refusal):
    """A person without an app or recovery codes cannot reset a password by phone: that would be one factor.

    Operator: `idp accounts activation-code` prints a code for a person who shows their card.
    """

    code = "recovery_at_counter"
    kind = RefusalKind.NOT_ALLOWED


def begin(
    db: Unit, keyring: Keyring, stated: StatedIdentity, person: Person | None, language: str, *, now: datetime
) -> RecoveryProgress:
    """Start a recovery for whoever this is, or is not."""
    sends = may_be_sent_a_code(db, keyring, stated, Purpose.RECOVERY, now=now)
    subject = new_id(now)
    claimed = recovery.begin(
        db, keyring, person, subject=subject, typed=stated.number, sends=sends, language=language, now=now
    )
    return RecoveryProgress(subject, claimed, now, sends)


def prove(
    db: Unit, keyring: Keyring, progress: RecoveryProgress, code: str, *, reference: str, now: datetime
) -> RecoveryProgress:
    """Take the code; from here on there is a row. Raises `RecoveryCodeWrong`."""
    how = recovery.prove(db, keyring, progress.claimed, code, subject=progress.subject, reference=reference, now=now)
    lifetime = progress.begun_at + LIFETIME - now
    begun = proofs.first_proof(
        db, progress.attempt, progress.claimed.account_id, (how.value,), lifetime=lifetime, now=now
    )
    return progress.proved(how, begun.secret)


def check(db: Unit, progress: RecoveryProgress, person: Person, *, now: datetime) -> frozenset[str]:
    """After the proof: the account's second factors; or raises what stands in the way of a new password.

    Raises `RecoveryGone`, `AccountUnusable`, `Deceased` and, by phone, `CounterNeeded` and `ReProofNeeded`.
    """
    with _told_as_gone():
        proved = proofs.proved(db, progress.attempt, now=now)
    return _factors(db, progress, proved, person, now=now)


def reset_by_factor(
    db: Unit,
    keyring: Keyring,
    progress: RecoveryProgress,
    person: Person,
    *,
    factor: str,
    browser: Browser,
    password_hash: str,
    is_present: bool,
    now: datetime,
) -> Finished:
    """A new password, after the phone's code and a code of the app or a recovery code.

    Raises what `check` raises, `FactorWrong` and, counted over all recoveries of the account, `TooManyTries`. Where the
    password `is_present`, `PasswordUnchanged`: only to whoever has the factor, which is not spent by it.
    """
    with written_down(db, browser, "otp", now=now) as tried, _told_as_gone():
        proved = _proved_alone(db, progress, now=now)
        tried.account_id = proved.account_id
        _factors(db, progress, proved, person, now=now)
        ticket = throttling.admit(db, lanes.of_recovery(keyring, proved.account_id), now=now)
        proofs.count_guess(db, proved.id, now=now)
        with db.savepoint():
            is_right = _is_right(db, keyring, proved, factor, now=now)
            if is_right and is_present:
                raise PasswordUnchanged
        if not is_right:
            throttling.failed(db, ticket)
            raise FactorWrong
        throttling.succeeded(db, ticket)
    return Finished(_reset(db, keyring, proved, person, password_hash, browser.device, now=now), [])


def reset_at_counter(
    db: Unit,
    keyring: Keyring,
    progress: RecoveryProgress,
    person: Person,
    *,
    app: App | None,
    device: str | None,
    now: datetime,
) -> Finished:
    """A new password and a new second factor, after a code from a counter; new recovery codes, to be shown once.

    What there was before is lost or in other hands: certificates are removed; an app is replaced, or removed too where
    the phone (`app` is None) is enough. Whoever had locked the account has it back then. Raises what `check` raises,
    `SecondFactorMissing` and `totp.TotpNotConfirmed`.
    """
    with _told_as_gone():
        proved = _proved_alone(db, progress, now=now)
    factors = _factors(db, progress, proved, person, now=now)
    if app is None and "sms" not in factors:
        raise SecondFactorMissing
    if app and totp.confirmed_step(app.secret, app.code, now=now) is None:
        raise totp.TotpNotConfirmed
    known = _reset(db, keyring, proved, person, progress.password_hash, device, now=now)
    if app:
        totp.enrol(db, keyring, proved.account_id, app.secret, app.code, now=now)
    else:
        remove_app(db, proved.account_id, now=now)
    certificates.remove_all(db, proved.account_id, now=now)
    if brake.is_own(db, proved.account_id):
        brake.lift(db, keyring, proved.account_id, brake.Proof.COUNTER, reference=None, now=now)
    return Finished(known, recovery_codes.make(db, keyring, proved.account_id, now=now))


@contextmanager
def _told_as_gone() -> Iterator[None]:
    """Those two speak of signing in at a portal; here they mean that the recovery is over."""
    try:
        yield
    except (AttemptMissing, TooManyWrongCodes) as refusal:
        raise RecoveryGone(refusal.reason) from None


def _proved_alone(db: Unit, progress: RecoveryProgress, *, now: datetime) -> Proved:
    """What was proved, with nothing being issued for its account until this unit has committed.

    A sign-in with a certificate touches neither the password nor a row of an attempt, which others would wait for.
    """
    proved = proofs.proved(db, progress.attempt, now=now)
    hold_issuing(db, proved.account_id)
    return proved


def _factors(db: Unit, progress: RecoveryProgress, proved: Proved, person: Person, *, now: datetime) -> frozenset[str]:
    if person.status == "deceased":
        raise Deceased
    _refuse_unless_fit(db, progress, proved, now=now)
    factors = second_factors(db, proved.account_id) - locked_methods(db, proved.account_id, now=now)
    if progress.how is Proof.SMS and ("sms" not in factors or not factors & _REMAINING):
        raise CounterNeeded
    return factors


def _refuse_unless_fit(db: Unit, progress: RecoveryProgress, proved: Proved, *, now: datetime) -> None:
    """A code from a counter stands for a card that was seen: it is the new proof that an intervention asked for, and it
    lifts the lock that the person made (`brake`)."""
    if progress.how is Proof.COUNTER and brake.is_own(db, proved.account_id):
        return
    try:
        may_issue(db, proved.account_id, session_opened_at=proved.since, now=now)
    except CutOff:
        raise RecoveryGone("cut_off") from None
    except ReProofNeeded:
        if progress.how is not Proof.COUNTER:
            raise


def _is_right(db: Unit, keyring: Keyring, proved: Proved, factor: str, *, now: datetime) -> bool:
    account_id, locked = proved.account_id, locked_methods(db, proved.account_id, now=now)
    if Method.TOTP not in locked and totp.verify(db, keyring, account_id, factor, now=now):
        return True
    return Method.RECOVERY not in locked and recovery_codes.spend(db, keyring, account_id, factor, now=now)


def _reset(
    db: Unit,
    keyring: Keyring,
    proved: Proved,
    person: Person,
    password_hash: str,
    device: str | None,
    *,
    now: datetime,
) -> str:
    """The device's value: the browser is the person's from here on."""
    if not proofs.end(db, proved.id, proofs.Ending.SIGNED_IN, now=now):
        raise RecoveryGone("raced")
    set_password(db, proved.account_id, password_hash, occasion="recovery", now=now)
    met(db, proved.account_id, Kind.NEW_PASSWORD, now=now)
    if Proof.COUNTER in proved.methods:
        met(db, proved.account_id, Kind.RE_PROOF, now=now)
    # Whoever knew the old password may be about to be signed in, or be so. What was becoming a session is one by now:
    # it was waited for (`_proved_alone`).
    proofs.end_all(db, [proved.account_id], now=now)
    end_all(db, proved.account_id, Ending.ENDED_BY_PERSON, now=now)
    for lane in (
        lanes.of_password(keyring, person.number, None).own,
        lanes.of_second_factor(keyring, proved.account_id, None).own,
        lanes.of_recovery(keyring, proved.account_id),
    ):
        throttling.forgive(db, lane)
    tell(db, keyring, proved.account_id, "password_changed", now=now)
    return devices.remember(db, device, proved.account_id, level=2, now=now)
