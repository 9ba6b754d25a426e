"""The life of an account: in use, suspended, or ended for good. Nothing is ever deleted."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an account is in its life. Only an active one lets anybody in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    DECEASED = "deceased"


LIVE: Final = (State.ACTIVE, State.SUSPENDED)
"""The states from which there is a way back. A live account holds its phone: nobody else can have it."""
