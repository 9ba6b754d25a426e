"""The second factor: one transaction counts the try, checks it, ends the attempt and opens the session."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts import may_issue, second_factors
from idp.accounts.method_locks import MethodLocked, locked_methods, refuse_locked
from idp.accounts.phones import masked, phone_of
from idp.accounts.restrictions import Method
from idp.attempts import proofs
from idp.attempts.pending import Attempt, AttemptMissing
from idp.attempts.proofs import Proved, TooManyWrongCodes
from idp.sealing import Keyring
from idp.sessions.standing import SignedIn as Session
from idp.settings import Settings
from idp.sign_in import devices, lanes, levels, sms_codes, throttling
from idp.sign_in.browser import Browser
from idp.sign_in.completing import SignedIn, finish
from idp.sign_in.methods import SECOND_FACTORS, SecondFactor
from idp.sign_in.refusals import NoSecondFactor, WrongCode, written_down
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """A person's second factors, best first; where a code would go, and until when the last is good.

    `offered` are those that are typed. It is empty only for somebody who has a certificate and nothing else.
    """

    offered: tuple[SecondFactor, ...]
    has_certificate: bool
    phone: str | None
    sent_until: datetime | None

    def best_of(self, *wanted: str) -> SecondFactor:
        """The best of the wanted ones that the person has, else the best there is."""
        return next((method for method in self.offered if method.name in wanted), self.offered[0])


def look(db: Unit, keyring: Keyring, attempt: Attempt, *, now: datetime) -> Choice:
    """What the person of this attempt may go on with; raises `AttemptMissing`, `NoSecondFactor` and `MethodLocked`."""
    proved = proofs.proved(db, attempt, now=now)
    locked = locked_methods(db, proved.account_id, now=now)
    has = second_factors(db, proved.account_id) - locked
    if locked and not has:
        raise MethodLocked("all")
    offered = tuple(method for method in SECOND_FACTORS if method.name in has)
    has_certificate = "certificate" in has
    if not offered and not has_certificate:
        raise NoSecondFactor
    phone = phone_of(db, keyring, proved.account_id) if "sms" in has else None
    sent_until = sms_codes.good_until(db, proved.id, now=now) if phone else None
    return Choice(offered, has_certificate, masked(phone) if phone else None, sent_until)


def begin_from_session(db: Unit, attempt: Attempt, who: Session, *, lifetime: timedelta, now: datetime) -> Attempt:
    """The attempt, with what the browser's session proved before as its first proof."""
    return proofs.first_proof(db, attempt, who.account_id, who.methods, since=who.at, lifetime=lifetime, now=now)


def send_code(db: Unit, keyring: Keyring, browser: Browser, attempt: Attempt, *, now: datetime) -> None:
    """Send a code for this attempt; raises `AttemptMissing`, `MethodLocked`, `TooManyTries` or `TooManyNotices`."""
    with written_down(db, browser, "sms", now=now) as tried:
        proved = proofs.proved(db, attempt, now=now)
        tried.account_id = proved.account_id
        sms_codes.send(db, keyring, proved, language=browser.language, now=now)


def prove(
    db: Unit,
    settings: Settings,
    keyring: Keyring,
    browser: Browser,
    attempt: Attempt,
    method: SecondFactor,
    answer: str,
    *,
    now: datetime,
) -> SignedIn:
    """Check the answer and sign the browser in.

    Raises `WrongCode`, `TooManyWrongCodes` (which ends the attempt), `TooManyTries`, `TooManyInARow`,
    `AttemptMissing`, `MethodLocked` or what `may_issue` raises.
    """
    with written_down(db, browser, method.name, now=now) as tried:
        proved = proofs.proved(db, attempt, now=now)
        tried.account_id = proved.account_id
        # Its row before any other that an intervention changes: two who lock in the same order cannot block each other.
        may_issue(db, proved.account_id, session_opened_at=proved.since, now=now)
        refuse_locked(db, proved.account_id, Method(method.name), now=now)
        _guess(db, keyring, browser, proved, method, answer, now=now)
        if not proofs.end(db, proved.id, proofs.Ending.SIGNED_IN, now=now):
            raise AttemptMissing("ended")
        # As old as its older half, where that half is a session's: a password of this morning is no fresh one.
        at = proved.since if proved.since < attempt.started_at else now
        proof = levels.with_second_factor(proved.account_id, proved.methods, method.amr, at=at)
        return finish(db, settings, browser, proof, now=now)


def _guess(
    db: Unit, keyring: Keyring, browser: Browser, proved: Proved, method: SecondFactor, answer: str, *, now: datetime
) -> None:
    device = devices.known(db, browser.device, proved.account_id, level=2, now=now)
    counted = lanes.of_second_factor(keyring, proved.account_id, device)
    ticket = throttling.admit(db, counted.own, now=now)
    try:
        proofs.count_guess(db, proved.id, now=now)
        if not method.check(db, keyring, proved, answer, now=now):
            raise WrongCode
    except (WrongCode, TooManyWrongCodes):
        throttling.failed(db, ticket)
        raise
    throttling.succeeded(db, ticket)
    if counted.is_known_device:
        throttling.forgive(db, counted.strangers)
