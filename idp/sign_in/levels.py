"""Which level and which methods (RFC 8176) the proofs of one sign-in add up to."""

from datetime import datetime
from typing import Final
from uuid import UUID

from idp.sessions.browser import Proof

PASSWORD: Final = ("pwd",)


def of_password(account_id: UUID) -> Proof:
    """One factor."""
    return Proof(account_id, PASSWORD, level=1)


def with_second_factor(account_id: UUID, before: tuple[str, ...], methods: tuple[str, ...], *, at: datetime) -> Proof:
    """Two different factors: what was proved before, and a second factor's methods. `at` is when, or the first."""
    return Proof(account_id, tuple(dict.fromkeys((*before, *methods, "mfa"))), level=2, at=at)
