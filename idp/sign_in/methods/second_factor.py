"""What every second factor is. `tests/contracts/sign_in_method.py` holds each to it."""

from datetime import datetime
from typing import Protocol

from idp.attempts.proofs import Proved
from idp.sealing import Keyring
from idp.storage import Unit


class SecondFactor(Protocol):
    """One way to show a second factor."""

    @property
    def name(self) -> str:
        """As `idp.accounts.second_factors` has it; also the audit's word, and the name of its template."""

    @property
    def amr(self) -> tuple[str, ...]:
        """By RFC 8176."""

    @property
    def path(self) -> str:
        """Its own page."""

    def check(self, db: Unit, keyring: Keyring, proved: Proved, answer: str, *, now: datetime) -> bool:
        """Whether `answer` is right for the person of this attempt, and was not used before; then it is spent.

        Refuses what is malformed like what is wrong. The caller has counted the try.
        """
