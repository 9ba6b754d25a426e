"""The units of an unlocking: two factors, of which none is the phone, or a certificate, each once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from idp.accounts import certificates, recovery_codes, second_factors, totp
from idp.accounts.issuing import hold_issuing
from idp.accounts.method_locks import locked_methods, refuse_locked
from idp.accounts.passwords import hold_password
from idp.accounts.restrictions import Method
from idp.attempts import proofs
from idp.attempts.pending import Attempt, AttemptMissing
from idp.attempts.proofs import Proved, TooManyWrongCodes
from idp.citizen import brake
from idp.citizen.brake import Proof
from idp.citizen.brake_progress import LIFETIME, UnlockGone, UnlockProgress
from idp.citizen.limits import of_unlocking
from idp.errors import Kind, Refusal
from idp.pki.certificate import Certificate
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sign_in import devices, levels, password_step, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.certificates.holder import account_of
from idp.sign_in.certificates.shown import Shown
from idp.sign_in.methods.password import NAME as PASSWORD
from idp.sign_in.password_step import Begun
from idp.sign_in.refusals import written_down
from idp.storage import Unit

_PURPOSE: Final = "unlock"
_CODES: Final = frozenset({Method.TOTP, Method.RECOVERY})
"""What can stand beside the password. Not a code to the phone: it may be the phone that was stolen."""


class UnlockFactorWrong(Refusal):
    """Beside the password, neither a code of the app nor a recovery code was right.

    Operator: nothing to do. Whoever has neither left is given a code at a counter.
    """

    code = "unlock_factor_wrong"


class UnlockAtCounter(Refusal):
    """A person who has neither an app nor recovery codes cannot unlock by password: that would be one factor.

    Operator: `idp accounts activation-code` prints a code for a person who shows their card.
    """

    code = "unlock_at_counter"
    kind = Kind.NOT_ALLOWED


def begin(db: Unit, keyring: Keyring, browser: Browser, begun: Begun, *, now: datetime) -> UnlockProgress:
    """The password was right: from here on there is a row, and the truth may be told.

    Raises `WrongNumberOrPassword` when it was changed meanwhile, what `brake.liftable` and `refuse_locked` raise,
    and `UnlockAtCounter`.
    """
    account_id, stored = begun.on_record.account_id, begun.on_record.stored
    # The account's row before the password's, and as the rest of this unit wants it: two at once wait, and do not block
    # each other.
    hold_issuing(db, account_id)
    if stored is None or hold_password(db, account_id, stored.version) is None:
        password_step.refuse(db, keyring, browser, begun, now=now)
    with written_down(db, browser, PASSWORD, now=now) as tried:
        tried.account_id = account_id
        throttling.succeeded(db, begun.ticket)
        refuse_locked(db, account_id, Method.PASSWORD, now=now)
        brake.liftable(db, account_id, Proof.PASSWORD, now=now)
        _codes(db, account_id, now=now)
        attempt = Attempt.begin(then="/unlock", now=now)
        attempt = proofs.first_proof(db, attempt, account_id, levels.PASSWORD, lifetime=LIFETIME, now=now)
    return UnlockProgress(attempt.id, now, attempt.secret)


def look(db: Unit, progress: UnlockProgress, *, now: datetime) -> None:
    """Raise `UnlockGone` when there is nothing to go on with."""
    _proved(db, progress, now=now)


def by_code(db: Unit, keyring: Keyring, browser: Browser, progress: UnlockProgress, code: str, *, now: datetime) -> str:
    """Lift the lock, after the password, by a code of the app or a recovery code; the device's value.

    Raises `UnlockFactorWrong`, `UnlockGone`, `TooManyTries`, `TooManyInARow` and what `begin` raises.
    """
    with written_down(db, browser, "otp", now=now) as tried:
        proved = _proved(db, progress, now=now)
        tried.account_id = proved.account_id
        brake.liftable(db, proved.account_id, Proof.PASSWORD, now=now)
        _guess(db, keyring, proved, code, now=now)
        if not proofs.end(db, proved.id, proofs.Ending.SIGNED_IN, now=now):
            raise UnlockGone("raced")
        return _lift(db, keyring, proved.account_id, Proof.PASSWORD, browser, now=now)


def owner_of(db: Unit, certificate: Certificate) -> UUID | None:
    """Whose certificate it is already, without asking the register."""
    return certificates.owner(db, certificate)


def by_certificate(
    db: Unit, keyring: Keyring, browser: Browser, shown: Shown, person: Person | None, *, now: datetime
) -> str:
    """Lift the lock of whoever's certificate was shown; the device's value.

    `person` is whom the register has for it, needed where it is not linked to an account yet. Raises what
    `holder.account_of`, `refuse_locked` and `brake.liftable` raise, and `ChallengeGone`.
    """
    accepted = shown.accepted
    with shown.used(db, _PURPOSE, reference=browser.reference, now=now) as tried:
        account_id = account_of(db, accepted, certificates.owner(db, accepted.certificate), person)
        tried.account_id = account_id
        # Whoever locks certificates at this moment comes before, and is seen, or after this unlocking.
        hold_issuing(db, account_id)
        refuse_locked(db, account_id, Method.CERTIFICATE, now=now)
        return _lift(db, keyring, account_id, Proof.CERTIFICATE, browser, now=now)


def _proved(db: Unit, progress: UnlockProgress, *, now: datetime) -> Proved:
    try:
        return proofs.proved(db, progress.attempt, now=now)
    except AttemptMissing as missing:
        raise UnlockGone(missing.reason) from None


def _codes(db: Unit, account_id: UUID, *, now: datetime) -> frozenset[str]:
    """Which of the codes the person has, and may use; raises `UnlockAtCounter` for none."""
    usable = (second_factors(db, account_id) & _CODES) - locked_methods(db, account_id, now=now)
    if not usable:
        raise UnlockAtCounter
    return usable


def _guess(db: Unit, keyring: Keyring, proved: Proved, code: str, *, now: datetime) -> None:
    usable = _codes(db, proved.account_id, now=now)
    ticket = throttling.admit(db, of_unlocking(keyring, proved.account_id), now=now)
    try:
        proofs.count_guess(db, proved.id, now=now)
    except (AttemptMissing, TooManyWrongCodes) as refusal:
        # Those speak of signing in at a portal.
        throttling.failed(db, ticket)
        raise UnlockGone(refusal.code) from None
    is_right = (Method.TOTP in usable and totp.verify(db, keyring, proved.account_id, code, now=now)) or (
        Method.RECOVERY in usable and recovery_codes.spend(db, keyring, proved.account_id, code, now=now)
    )
    if not is_right:
        throttling.failed(db, ticket)
        raise UnlockFactorWrong
    throttling.succeeded(db, ticket)


def _lift(db: Unit, keyring: Keyring, account_id: UUID, proof: Proof, browser: Browser, *, now: datetime) -> str:
    """The browser is known from here on: strangers who guess at the number keep nobody out of it."""
    brake.lift(db, keyring, account_id, proof, reference=browser.reference, now=now)
    return devices.remember(db, browser.device, account_id, level=2, now=now)
