"""The units of an activation that are this room's.

They say whether a code may be sent and what a certificate proves, and make the codes for the day a phone is lost.
"""

from dataclasses import replace
from datetime import datetime

from idp.accounts import activation, recovery_codes
from idp.accounts.activation import App
from idp.accounts.proved_certificates import ProvedCertificate
from idp.citizen.activation_progress import ActivationProgress
from idp.citizen.limits import Purpose, may_be_sent_a_code
from idp.citizen.stated_identity import StatedIdentity
from idp.citizen.steps import Finished
from idp.errors import Kind, Refusal
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sign_in import devices
from idp.sign_in.certificates.shown import Shown
from idp.storage import Unit

_PURPOSE = "activation"


class CertificateOpensNothing(Refusal):
    """A certificate holds, but does not say which person of the register its holder is: it opens no account.

    Operator: with `no_number` it is a government certificate, which is added to an account that is there; with `nobody`
    the register knows nobody with this number and this name.
    """

    code = "certificate_opens_nothing"
    kind = Kind.NOT_ALLOWED


def begin(
    db: Unit, keyring: Keyring, stated: StatedIdentity, person: Person | None, language: str, *, now: datetime
) -> ActivationProgress:
    """Start an activation for whoever this is, or is not."""
    sends = may_be_sent_a_code(db, keyring, stated, Purpose.ACTIVATION, now=now)
    # Not only no message: a code that nobody is sent must not be there to be guessed.
    matched = person if sends or person is None else replace(person, phone=None)
    activation_id = activation.begin(db, keyring, matched, typed=stated.number, language=language, now=now)
    return ActivationProgress(activation_id, now, sends)


def begin_by_certificate(
    db: Unit, keyring: Keyring, shown: Shown, person: Person | None, *, reference: str, now: datetime
) -> ActivationProgress:
    """Start an activation with its proof; `person` is `holder.person_of` the certificate's subject.

    Raises `CertificateOpensNothing`.
    """
    accepted = shown.accepted
    with shown.used(db, _PURPOSE, reference=reference, now=now):
        if person is None:
            raise CertificateOpensNothing("nobody" if accepted.subject.citizen_number else "no_number")
        proved = ProvedCertificate(accepted.certificate, accepted.issuer_name)
        activation_id = activation.begin_proved(db, keyring, person, proved, now=now)
    return ActivationProgress(activation_id, now, sends=False).proved(person.key, by_phone=False)


def finish(
    db: Unit,
    keyring: Keyring,
    progress: ActivationProgress,
    person: Person,
    app: App | None,
    language: str,
    *,
    device: str | None,
    now: datetime,
) -> Finished:
    """Open the account, in the browser with this `device`. Raises what `accounts.activation.finish` raises."""
    account = activation.finish(
        db,
        keyring,
        progress.activation_id,
        person,
        password_hash=progress.password_hash,
        app=app,
        locale=language,
        now=now,
    )
    known = devices.remember(db, device, account.id, level=2, now=now)
    return Finished(known, recovery_codes.make(db, keyring, account.id, now=now))
