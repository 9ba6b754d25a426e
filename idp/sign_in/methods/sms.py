"""Codes sent to the phone of the account."""

from datetime import datetime
from typing import Final

from idp.accounts import one_time_codes
from idp.attempts.proofs import Proved
from idp.sealing import Keyring
from idp.storage import Unit

PURPOSE: Final = "sign_in"


class Sms:
    """The code that was sent last for this attempt (`idp.sign_in.sms_codes`).

    A phone company can be talked into giving a number away, so this stands behind the app.
    """

    name = "sms"
    amr = ("otp", "sms")
    path = "/sign-in/sms"

    def check(self, db: Unit, keyring: Keyring, proved: Proved, answer: str, *, now: datetime) -> bool:
        """See `SecondFactor.check`. The code is bound to the attempt, and through it to the person."""
        return one_time_codes.spend(db, keyring, answer, purpose=PURPOSE, subject=proved.id, now=now)
