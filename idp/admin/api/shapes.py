"""What the API takes and gives, declared once: the same declaration reads a request and describes it in OpenAPI.

A reader notes every fault and goes on to the next. Types are never bent: "5" is no number, 1 is not true.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

Schema = dict[str, Any]

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_UUID: Final = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OURS: Final = re.compile(r"[a-z_]{1,40}")
_YEARS: Final = range(1970, 2200)


class Fault(StrEnum):
    """What can be wrong with one member."""

    MISSING = "missing"
    UNKNOWN = "unknown_member"
    WRONG_TYPE = "wrong_type"
    NOT_A_CHOICE = "not_a_choice"
    LENGTH = "length"
    UNREADABLE = "unreadable_text"
    PATTERN = "pattern"
    RANGE = "range"


@dataclass(slots=True)
class Faults:
    """All that were found: of which member (a JSON pointer), and what it is. What was sent is never repeated."""

    found: list[tuple[str, Fault]] = field(default_factory=list)

    def note(self, at: str, fault: Fault) -> Any:
        """One more. Gives None, so that a reader ends with it."""
        self.found.append((at, fault))


class Shape(ABC):
    """One kind of value. What is faulty comes out as None, and noted."""

    @abstractmethod
    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """The value as the code wants it."""

    @abstractmethod
    def schema(self) -> Schema:
        """In JSON Schema 2020-12."""

    def of_text(self, text: str) -> Any:
        """A query parameter as the JSON value that it stands for."""
        return text


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """One line that can be seen, of at most `longest` characters; `pattern` is for all of it."""

    longest: int
    shortest: int = 1
    pattern: str = ""
    example: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """As it is: nothing is cut off."""
        if not isinstance(value, str):
            return faults.note(at, Fault.WRONG_TYPE)
        if not self.shortest <= len(value) <= self.longest:
            return faults.note(at, Fault.LENGTH)
        # Also half of a surrogate pair, which JSON can spell and UTF-8 cannot.
        if not value.isprintable():
            return faults.note(at, Fault.UNREADABLE)
        if self.pattern and not re.fullmatch(self.pattern, value):
            return faults.note(at, Fault.PATTERN)
        return value

    def schema(self) -> Schema:
        """With its lengths."""
        found: Schema = {"type": "string", "minLength": self.shortest, "maxLength": self.longest}
        if self.pattern:
            found["pattern"] = f"^(?:{self.pattern})$"
        return found | ({"examples": [self.example]} if self.example else {})


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One word of a closed list."""

    words: Collection[str]

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """The word."""
        if not isinstance(value, str):
            return faults.note(at, Fault.WRONG_TYPE)
        return value if value in self.words else faults.note(at, Fault.NOT_A_CHOICE)

    def schema(self) -> Schema:
        """All of them."""
        return {"type": "string", "enum": [str(word) for word in self.words]}


@dataclass(frozen=True, slots=True)
class Moment(Shape):
    """A time with its zone (RFC 3339)."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """In UTC."""
        if not isinstance(value, str):
            return faults.note(at, Fault.WRONG_TYPE)
        try:
            moment = datetime.fromisoformat(value) if _RFC3339.fullmatch(value) else None
        except ValueError:  # the thirtieth of February
            moment = None
        if moment is None or moment.year not in _YEARS:
            return faults.note(at, Fault.PATTERN)
        return moment.astimezone(UTC)

    def schema(self) -> Schema:
        """A date-time."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Day(Shape):
    """A day of the calendar (RFC 3339 full-date)."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """As such."""
        if not isinstance(value, str):
            return faults.note(at, Fault.WRONG_TYPE)
        try:
            day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
        except ValueError:
            day = None
        return day if day and day.year in _YEARS else faults.note(at, Fault.PATTERN)

    def schema(self) -> Schema:
        """A date."""
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Id(Shape):
    """An id that this provider gave out."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """As such."""
        if not isinstance(value, str):
            return faults.note(at, Fault.WRONG_TYPE)
        return UUID(value) if re.fullmatch(_UUID, value) else faults.note(at, Fault.PATTERN)

    def schema(self) -> Schema:
        """A UUID."""
        return {"type": "string", "format": "uuid", "pattern": f"^{_UUID}$"}


@dataclass(frozen=True, slots=True)
class Flag(Shape):
    """True or false."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """As it is."""
        return value if isinstance(value, bool) else faults.note(at, Fault.WRONG_TYPE)

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Whole(Shape):
    """A whole number in bounds."""

    lowest: int = 0
    highest: int = 2**53 - 1

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """A bool is none."""
        if not isinstance(value, int) or isinstance(value, bool):
            return faults.note(at, Fault.WRONG_TYPE)
        return value if self.lowest <= value <= self.highest else faults.note(at, Fault.RANGE)

    def schema(self) -> Schema:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}

    def of_text(self, text: str) -> Any:
        """Digits are a number; what is not stays text, and so is of the wrong type."""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else text


@dataclass(frozen=True, slots=True)
class Number(Shape):
    """A number in an answer, such as seconds."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """No request has one yet; it is read all the same."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else faults.note(at, Fault.WRONG_TYPE)

    def schema(self) -> Schema:
        """Any number."""
        return {"type": "number"}


@dataclass(frozen=True, slots=True)
class Rows(Shape):
    """A list of one kind."""

    of: Shape
    most: int
    fewest: int = 0

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """Each of them."""
        if not isinstance(value, list):
            return faults.note(at, Fault.WRONG_TYPE)
        if not self.fewest <= len(value) <= self.most:
            return faults.note(at, Fault.LENGTH)
        return [self.of.read(each, f"{at}/{place}", faults) for place, each in enumerate(value)]

    def schema(self) -> Schema:
        """An array with its lengths."""
        return {"type": "array", "items": self.of.schema(), "minItems": self.fewest, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class Maybe(Shape):
    """What an answer may have to leave open: null."""

    of: Shape

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """Null, or the value."""
        return None if value is None else self.of.read(value, at, faults)

    def schema(self) -> Schema:
        """Either."""
        return {"anyOf": [self.of.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Members(Shape):
    """An object: these members and no others. `optional` names those that may be left out."""

    of: Mapping[str, Shape]
    optional: frozenset[str] = frozenset()
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """Those that are there."""
        if not isinstance(value, dict):
            return faults.note(at, Fault.WRONG_TYPE)
        for name in sorted(value.keys() - self.of.keys()):
            # A stranger's name for it is repeated only where it can hold nothing of a person.
            faults.note(f"{at}/{name}" if _OURS.fullmatch(name) else at, Fault.UNKNOWN)
        for name in sorted(self.of.keys() - value.keys() - self.optional):
            faults.note(f"{at}/{name}", Fault.MISSING)
        return {
            name: shape.read(value[name], f"{at}/{name}", faults) for name, shape in self.of.items() if name in value
        }

    def schema(self) -> Schema:
        """Closed: what is not named is refused."""
        found: Schema = {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.of.items()},
            "required": [name for name in self.of if name not in self.optional],
            "additionalProperties": False,
        }
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Open(Shape):
    """An object of an answer whose members depend on what it tells, such as an event's."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """Any object."""
        return value if isinstance(value, dict) else faults.note(at, Fault.WRONG_TYPE)

    def schema(self) -> Schema:
        """Any object."""
        return {"type": "object"}
