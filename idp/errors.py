"""The two families of failure. A `Refusal` is an outcome we chose; anything else that is raised is a bug.

A refusal commits what its unit wrote (a wrong code must be counted), a bug keeps nothing. Rooms raise refusals that
know no HTTP: `idp.web.answers` makes pages of them, `idp.protocol.answers` OAuth errors.
"""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of refusal it is, so that each edge can choose its own status code."""

    BAD_INPUT = "bad_input"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    EXPIRED = "expired"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """An outcome, not a bug.

    `code` is stable and unique: people meet it as a sentence (`error.<code>`, `error.<code>.next`), tests and operators
    by name. `reason` is the exact cause: it goes to the audit and is never shown. `retry_after` is how long to wait.
    """

    code: ClassVar[str]
    kind: ClassVar[Kind] = Kind.BAD_INPUT

    def __init__(self, reason: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason or self.code)
        self.reason = reason
        self.retry_after = retry_after
