"""Codes of an authenticator app."""

from datetime import datetime

from idp.accounts import totp
from idp.attempts.proofs import Proved
from idp.sealing import Keyring
from idp.storage import Unit


class Totp:
    """What the person's app shows now. No phone network is needed, and nobody but the app can be asked for it."""

    name = "totp"
    amr = ("otp",)
    path = "/sign-in/otp"

    def check(self, db: Unit, keyring: Keyring, proved: Proved, answer: str, *, now: datetime) -> bool:
        """See `SecondFactor.check`. A time step counts once, over all attempts."""
        return totp.verify(db, keyring, proved.account_id, answer, now=now)
