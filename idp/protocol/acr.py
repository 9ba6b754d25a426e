"""Authentication levels by their names in `acr`. A level is what was used this time (Decree 69/2024), not who was
proved."""

from collections.abc import Iterable
from typing import Final

_PREFIX: Final = "urn:vn:eid:auth-level:"
REACHABLE: Final = (1, 2)
"""What our own methods reach: 3 and 4 need a biometric."""

LEGACY_LOWEST: Final = "LoA1"


def name(level: int) -> str:
    """The `acr` of a level."""
    return f"{_PREFIX}{level}"


NAMES: Final = tuple(name(level) for level in REACHABLE)


def level(acr: str) -> int | None:
    """The level an `acr` names, or None when we cannot reach it or do not know it."""
    if acr == LEGACY_LOWEST:
        return 1
    return next((known for known in REACHABLE if name(known) == acr), None)


def lowest_of(values: Iterable[str]) -> int | None:
    """The lowest level that meets one of `values`, or None when none can be met."""
    return min((known for value in values if (known := level(value)) is not None), default=None)
