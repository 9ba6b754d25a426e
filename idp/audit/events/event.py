"""What an event is, and what its fields may hold."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

Code: TypeAlias = str
"""A word from a closed list of the room that writes the event: a reason, a method, a scope, a key's id."""

Codes: TypeAlias = tuple[Code, ...]

_CODE = re.compile(r"(?!\d+\Z)[A-Za-z0-9_.:/#-]{1,128}")
_WITHHELD = "withheld"


class RegisteredText(str):
    """A sentence that an operator registered, such as a legal basis. Never what a stranger or a citizen typed."""

    __slots__ = ()


class Kept(StrEnum):
    """How long a row stays."""

    FIVE_YEARS = "five years"
    PERMANENTLY = "permanently"


CATALOGUE: dict[str, type["Event"]] = {}
"""Every event by its name."""


@dataclass(frozen=True)
class Event:
    """Something that happened. Fields are ids, codes and counts; whom it concerns is said to `record`.

    A code that is not one (a space, a diacritic, digits alone, over 128 characters) is recorded as `withheld`: what a
    stranger typed must neither reach the record nor be able to stop it.
    """

    name: ClassVar[str]
    kept: ClassVar[Kept]
    shown: ClassVar[bool]

    def __init_subclass__(cls, *, shown: bool, kept: Kept = Kept.FIVE_YEARS) -> None:
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.kept = kept
        cls.shown = shown
        CATALOGUE[cls.name] = cls

    def __post_init__(self) -> None:
        for field, value in self.__dict__.items():
            if type(value) is str and not _CODE.fullmatch(value):
                object.__setattr__(self, field, _WITHHELD)
            elif type(value) is tuple and not all(map(_CODE.fullmatch, value)):
                object.__setattr__(self, field, tuple(map(_clean, value)))


def is_code(value: str) -> bool:
    """Whether the record keeps it as it is."""
    return _CODE.fullmatch(value) is not None


def _clean(value: str) -> str:
    return value if is_code(value) else _WITHHELD
