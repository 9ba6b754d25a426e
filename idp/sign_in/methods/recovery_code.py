"""Codes on paper, for the day the phone is lost."""

from datetime import datetime

from idp.accounts import recovery_codes
from idp.attempts.proofs import Proved
from idp.sealing import Keyring
from idp.storage import Unit


class RecoveryCode:
    """One of the ten codes that were shown once.

    RFC 8176 has no word for a look-up secret; it is a password that is good once, so `otp` says what is true of it.
    """

    name = "recovery"
    amr = ("otp",)
    path = "/sign-in/recovery"

    def check(self, db: Unit, keyring: Keyring, proved: Proved, answer: str, *, now: datetime) -> bool:
        """See `SecondFactor.check`."""
        return recovery_codes.spend(db, keyring, proved.account_id, answer, now=now)
