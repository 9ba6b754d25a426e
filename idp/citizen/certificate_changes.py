"""The units of the pages for certificates: adding and removing them, with word of it to the phone."""

from datetime import datetime
from uuid import UUID

from idp.accounts import certificates, find_by_person_key
from idp.accounts.certificates import CertificateTaken
from idp.accounts.notifying import tell
from idp.citizen.certificate_asking import CertificateAskingGone
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sessions.standing import SessionOver, SignedIn, may_change
from idp.sign_in.certificates.holder import CertificateOfAnother
from idp.sign_in.certificates.shown import Shown
from idp.storage import Unit

_ASKED = "enrolment_asked"
_PURPOSE = "enrolment"


def offer(db: Unit, who: SignedIn, shown: Shown, person: Person | None, *, reference: str, now: datetime) -> None:
    """Take what was shown as proof, this once, for a question to its holder: whether `add` is to link it.

    `person` as in `add`, which raises the same.
    """
    with shown.used(db, _ASKED, account_id=who.account_id, reference=reference, now=now):
        _refuse_unless_fit(db, who, shown, person, now=now)


def add(
    db: Unit,
    keyring: Keyring,
    who: SignedIn,
    shown: Shown,
    person: Person | None,
    *,
    reference: str,
    now: datetime,
) -> None:
    """Link what was shown, also one that was removed before; `person` is whom it names, by `naming.named_by`.

    Raises what `may_issue` raises, `CertificateAskingGone` where the session has ended meanwhile, `CertificateTaken`,
    and `CertificateOfAnother` when that is not this account's person.
    """
    account_id, accepted = who.account_id, shown.accepted
    with shown.used(db, _PURPOSE, account_id=account_id, reference=reference, now=now):
        is_new = _refuse_unless_fit(db, who, shown, person, now=now)
        issuer, how = accepted.issuer_name, certificates.ProvedBy.ENROLMENT
        certificates.link(db, account_id, accepted.certificate, issuer_name=issuer, proof=how, now=now)
    if is_new:
        tell(db, keyring, account_id, "factors_changed", now=now)


def remove(db: Unit, keyring: Keyring, account_id: UUID, certificate_id: UUID, *, now: datetime) -> bool:
    """Remove it, if it is the account's; raises what `certificates.remove` raises."""
    is_removed = certificates.remove(db, account_id, certificate_id, now=now)
    if is_removed:
        tell(db, keyring, account_id, "factors_changed", now=now)
    return is_removed


def _refuse_unless_fit(db: Unit, who: SignedIn, shown: Shown, person: Person | None, *, now: datetime) -> bool:
    """Whether it is new to the account."""
    # A recovery may have ended everything since this person was let in: no way in may come after it.
    try:
        may_change(db, who, now=now)
    except SessionOver:
        raise CertificateAskingGone("session_ended") from None
    subject = shown.accepted.subject
    account = find_by_person_key(db, person.key) if person else None
    if account is None or account.id != who.account_id:
        if subject.citizen_number is None:
            raise CertificateOfAnother("name_of_another")
        raise CertificateOfAnother("number_of_another" if person else "nobody")
    owner = certificates.owner(db, shown.accepted.certificate)
    if owner not in (None, who.account_id):
        raise CertificateTaken
    return owner is None
