"""Signing in with a certificate: one transaction finds whose it is, ends the attempt and opens the session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from idp.accounts import AccountUnusable, certificates, may_issue
from idp.accounts.issuing import ReProofNeeded
from idp.accounts.method_locks import is_asked_for, refuse_locked
from idp.accounts.notifying import tell
from idp.accounts.restrictions import Kind, Method
from idp.accounts.state_changes import met
from idp.attempts import proofs
from idp.attempts.pending import Attempt, AttemptMissing
from idp.attempts.proofs import Proved
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sessions.browser import Proof
from idp.settings import Settings
from idp.sign_in import levels
from idp.sign_in.browser import Browser
from idp.sign_in.certificates.holder import CertificateOfAnother, CertificateRemoved, account_of
from idp.sign_in.certificates.shown import Shown
from idp.sign_in.completing import SignedIn, finish
from idp.storage import Unit

_PURPOSE: Final = "sign_in"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the register said, once it was asked whose a certificate is: `holder.person_of`."""

    person: Person | None


def sign_in(
    db: Unit,
    settings: Settings,
    keyring: Keyring,
    browser: Browser,
    attempt: Attempt,
    shown: Shown,
    asked: Asked | None,
    *,
    now: datetime,
) -> SignedIn | None:
    """Open the session of whoever's certificate it is.

    None, and nothing done, where the register must be asked first: only when `asked` is None.

    Raises what `account_of` and `may_issue` raise, `MethodLocked`, `ChallengeGone` for an answer that was given
    before, and `AttemptMissing` when the attempt has ended.
    """
    accepted = shown.accepted
    owner = certificates.owner(db, accepted.certificate)
    if asked is None and accepted.subject.citizen_number is not None and _register_says(db, owner, now=now):
        return None
    with shown.used(db, _PURPOSE, reference=browser.reference, now=now) as tried:
        account_id = account_of(db, accepted, owner, asked.person if asked else None)
        tried.account_id = account_id
        if asked and asked.person and asked.person.status == "deceased":
            raise AccountUnusable("deceased")
        # Its row before any other that an intervention changes, as in `second_step`.
        _refuse_unless_issued(db, account_id, asked, now=now)
        refuse_locked(db, account_id, Method.CERTIFICATE, now=now)
        proved = _proved_before(db, attempt, account_id, now=now)
        _use(db, keyring, account_id, shown, now=now)
        return finish(db, settings, browser, _proof(account_id, attempt, proved, shown, now=now), now=now)


def _register_says(db: Unit, owner: UUID | None, *, now: datetime) -> bool:
    """Whether the register must say whose the certificate is: the first time, and when its person has to prove anew
    who they are."""
    return owner is None or is_asked_for(db, owner, Kind.RE_PROOF, now=now)


def _refuse_unless_issued(db: Unit, account_id: UUID, asked: Asked | None, *, now: datetime) -> None:
    """Raise what `may_issue` raises. A certificate with the person's number and name, which the register was asked for
    at this moment, opens an account; so it is the new proof that an intervention asked for."""
    try:
        may_issue(db, account_id, now=now)
    except ReProofNeeded:
        if asked is None or asked.person is None:
            raise
        refuse_locked(db, account_id, Method.CERTIFICATE, now=now)
        met(db, account_id, Kind.RE_PROOF, now=now)
        may_issue(db, account_id, now=now)


def _use(db: Unit, keyring: Keyring, account_id: UUID, shown: Shown, *, now: datetime) -> None:
    """Note that the account's certificate was used; one that its number has just proved is the account's from now on.

    Raises `CertificateRemoved` when its person has removed it since it was found, and `CertificateTaken`.
    """
    certificate, issuer = shown.accepted.certificate, shown.accepted.issuer_name
    if certificates.note_use(db, account_id, certificate, now=now):
        return
    if certificates.was_removed(db, certificate, account_id):
        raise CertificateRemoved
    certificates.link(db, account_id, certificate, issuer_name=issuer, proof=certificates.ProvedBy.NUMBER, now=now)
    certificates.note_use(db, account_id, certificate, now=now)
    tell(db, keyring, account_id, "factors_changed", now=now)


def _proved_before(db: Unit, attempt: Attempt, account_id: UUID, *, now: datetime) -> Proved | None:
    """What the attempt has proved already: of the same person, and ended here."""
    if not attempt.secret:
        return None
    proved = proofs.proved(db, attempt, now=now)
    if proved.account_id != account_id:
        raise CertificateOfAnother("attempt_of_another")
    if not proofs.end(db, proved.id, proofs.Ending.SIGNED_IN, now=now):
        raise AttemptMissing("ended")
    return proved


def _proof(account_id: UUID, attempt: Attempt, proved: Proved | None, shown: Shown, *, now: datetime) -> Proof:
    # The token and its PIN are two factors by themselves (Decree 69/2024). What was proved in this attempt adds to
    # them; what a session proved before would only make the sign-in older than it is.
    if proved is None or proved.since < attempt.started_at:
        return Proof(account_id, shown.amr, level=2)
    return levels.with_second_factor(account_id, proved.methods, shown.amr, at=now)
