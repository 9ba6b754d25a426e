"""The personal identification number: twelve digits, `PPP G YY NNNNNN`, without a check digit (domain.md §2.1).

`PPP` is where the birth was registered, `G` century and sex, `YY` the year of birth. None of it may decide anything:
numbers of people registered abroad, corrected births and numbers given again break the pattern, so a number that does
not fit its person is doubted, never refused. The number is no identity either: it may change (`Person.key` does not).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from idp.errors import Refusal
from idp.register.digits import plain
from idp.register.person import BirthDate, Gender

TEST_PREFIXES = ("003", "005")
"""Given to no province, so that a number of a test person can belong to nobody."""

_BIRTH_REGISTRATION = frozenset(
    """001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042
    044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089
    091 092 093 094 095 096""".split()  # noqa: SIM905  (63 quoted codes are harder to compare with the annex)
)
"""The 63 codes of circular 07/2016/TT-BCA: provinces as they were, not the 34 of today."""

_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_SEPARATORS = str.maketrans("", "", ".-")


class BadCitizenNumber(Refusal):
    """What was typed as a citizen number is not twelve digits.

    Operator: nothing to do; the person typed something else, often the nine digits of an old identity card.
    """

    code = "bad_citizen_number"


class Doubt(StrEnum):
    """Why a number looks wrong for its person. A doubt is worth a second look and never a refusal."""

    UNKNOWN_PREFIX = "unknown_prefix"
    OTHER_GENDER = "other_gender"
    OTHER_YEAR = "other_year"


@dataclass(frozen=True, slots=True)
class Structure:
    """What the first six digits say, or claim to say."""

    prefix: str
    gender: Gender
    birth_year: int


def parse(text: str) -> str:
    """The twelve digits of a number typed in groups, with dots, dashes or full-width digits.

    Raises `BadCitizenNumber`, which does not repeat what was typed.
    """
    number = plain(text).translate(_SEPARATORS)
    if not _TWELVE_DIGITS.fullmatch(number):
        raise BadCitizenNumber
    return number


def structure(number: str) -> Structure:
    """Read the structure of a parsed number."""
    century_and_sex = int(number[3])
    return Structure(
        prefix=number[:3],
        gender="female" if century_and_sex % 2 else "male",
        birth_year=1900 + century_and_sex // 2 * 100 + int(number[4:6]),
    )


def doubts(number: str, gender: Gender, birth: BirthDate) -> tuple[Doubt, ...]:
    """What in a parsed number does not fit the person it is said to be of."""
    said = structure(number)
    found = {
        Doubt.UNKNOWN_PREFIX: said.prefix not in _BIRTH_REGISTRATION and said.prefix not in TEST_PREFIXES,
        Doubt.OTHER_GENDER: said.gender != gender,
        Doubt.OTHER_YEAR: said.birth_year != birth.year,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def compose(prefix: str, gender: Gender, birth_year: int, serial: int) -> str:
    """The number of a test person born from 1900 to 2399, with a serial of at most six digits."""
    century_and_sex = (birth_year - 1900) // 100 * 2 + (gender == "female")
    return f"{prefix}{century_and_sex}{birth_year % 100:02d}{serial:06d}"
