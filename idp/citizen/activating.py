"""The units of an activation that are this room's: whether a code may be sent, and the codes for the day it is lost."""

from dataclasses import replace
from datetime import datetime

from idp.accounts import activation, recovery_codes
from idp.accounts.activation import App
from idp.citizen.activation_progress import ActivationProgress
from idp.citizen.limits import Purpose, may_be_sent_a_code
from idp.citizen.stated_identity import StatedIdentity
from idp.citizen.steps import Finished
from idp.register.person import Person
from idp.sealing import Keyring
from idp.sign_in import devices
from idp.storage import Unit


def begin(
    db: Unit, keyring: Keyring, stated: StatedIdentity, person: Person | None, language: str, *, now: datetime
) -> ActivationProgress:
    """Start an activation for whoever this is, or is not."""
    sends = may_be_sent_a_code(db, keyring, stated, Purpose.ACTIVATION, now=now)
    # Not only no message: a code that nobody is sent must not be there to be guessed.
    matched = person if sends or person is None else replace(person, phone=None)
    activation_id = activation.begin(db, keyring, matched, typed=stated.number, language=language, now=now)
    return ActivationProgress(activation_id, now, sends)


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
