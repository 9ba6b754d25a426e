"""A person of the population register, as this house asks about them."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Self
from uuid import UUID

from idp.errors import Refusal
from idp.register.digits import plain

Gender = Literal["male", "female"]
Status = Literal["alive", "deceased"]

ADDRESS_SCHEME = "2025-07-01"
"""The day on which the administrative codes in use began to hold. A code without its day means nothing: 52 was Bình
Định and is Gia Lai now."""

_EARLIEST_YEAR = 1850
_LATEST_YEAR = 2399  # the last that a citizen number can express

_DATE = (
    re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})"),
)


class BadBirthDate(Refusal):
    """What was given as a birth date is no date and no year, or lies outside every lifetime.

    Operator: nothing to do for a person who typed it; in a file, correct the row.
    """

    code = "bad_birth_date"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """The day of birth, or the year alone where the register knows no more, as for many born before 1960.

    Equal only when the same is known of both: a year does not match a day in that year.
    Raises `BadBirthDate` for a day that never was.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not _EARLIEST_YEAR <= self.year <= _LATEST_YEAR or (self.month is None) != (self.day is None):
            raise BadBirthDate
        if self.month is not None and self.day is not None:
            try:
                date(self.year, self.month, self.day)
            except ValueError:
                # The cause would repeat the date; it is left out.
                raise BadBirthDate from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1990-05-12`, `12/05/1990`, `12.5.1990`, `19900512` or `1990`. Raises `BadBirthDate`."""
        typed = plain(text)
        for form in _DATE:
            if found := form.fullmatch(typed):
                return cls(**{part: int(digits) for part, digits in found.groupdict().items()})
        raise BadBirthDate

    def __str__(self) -> str:
        """`YYYY-MM-DD` or `YYYY`, as OpenID Connect's `birthdate` has it."""
        if self.month is None:
            return f"{self.year:04d}"
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def age_on(self, day: date) -> int:
        """Full years on `day`. Whoever is known by the year alone counts as born on its last day, the youngest."""
        reached = (day.month, day.day) >= (self.month or 12, self.day or 31)
        return day.year - self.year - (not reached)


@dataclass(frozen=True, slots=True)
class Person:
    """One record of the register. Printing it shows the key alone.

    `key` stays the same for life, over a new card, number, name or phone, and is never derived from them. `number` is
    the citizen number in force, `previous_numbers` the earlier ones, oldest first. `full_name` is family, middle and
    given name in that order. `nationality` is two letters (ISO 3166-1). `province` (2 digits) and `commune` (5 digits)
    are codes of `scheme`. `phone` is the phone of record (E.164). `card_expires` is None for a card without end, as
    issued from the age of 60, and for no card. `guardian_key` is the person who must agree for a child or a ward.
    `record_version` rises with each change of the record.
    """

    key: UUID
    number: str = field(repr=False)
    previous_numbers: tuple[str, ...] = field(repr=False)
    full_name: str = field(repr=False)
    birth: BirthDate = field(repr=False)
    gender: Gender = field(repr=False)
    nationality: str = field(repr=False)
    province: str = field(repr=False)
    commune: str = field(repr=False)
    address_detail: str = field(repr=False)
    phone: str | None = field(repr=False)
    status: Status = field(repr=False)
    card_expires: date | None = field(repr=False)
    guardian_key: UUID | None = field(repr=False)
    record_version: int
    scheme: str = field(default=ADDRESS_SCHEME, repr=False)
