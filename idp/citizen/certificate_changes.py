"""The units of the pages for certificates: adding and removing them, with word of it to the phone."""

from datetime import datetime
from uuid import UUID

from idp.accounts import certificates, find_by_person_key, may_issue
from idp.accounts.notifying import tell
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sign_in.certificates.holder import CertificateOfAnother
from idp.sign_in.certificates.shown import Shown
from idp.storage import Unit

_PURPOSE = "enrolment"


def add(
    db: Unit,
    keyring: Keyring,
    account_id: UUID,
    shown: Shown,
    person: Person | None,
    *,
    reference: str,
    now: datetime,
) -> None:
    """Link what was shown, also one that was removed before; `person` is `holder.person_of` its subject.

    Raises `AccountUnusable`, `certificates.CertificateTaken`, and `CertificateOfAnother` when it carries a citizen
    number that is not this account's person's. One without is whoever's has its key and is signed in.
    """
    accepted = shown.accepted
    with shown.used(db, _PURPOSE, account_id=account_id, reference=reference, now=now):
        may_issue(db, account_id)
        if accepted.subject.citizen_number is not None:
            _refuse_anothers(db, account_id, person)
        is_new = certificates.owner(db, accepted.certificate) != account_id
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


def _refuse_anothers(db: Unit, account_id: UUID, person: Person | None) -> None:
    account = find_by_person_key(db, person.key) if person else None
    if account is None or account.id != account_id:
        raise CertificateOfAnother("number_of_another" if person else "nobody")
