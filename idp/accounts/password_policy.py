"""Which passwords are refused: short, common, or made of what others know of the person (OWASP ASVS 5.0 §6.2).

There are no rules of composition, no letters that are not allowed, and no date after which a password must change.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Final, Self

from idp.accounts.common_passwords import is_common
from idp.accounts.passwords import LONGEST_TYPED
from idp.errors import Refusal
from idp.register.names import fold
from idp.register.person import BirthDate, Person

FEWEST: Final = 8
"""Enough beside a second factor (NIST SP 800-63B §3.1.1.2)."""

MOST: Final = 128

_SERVICE_WORDS: Final = ("dinhdanh", "vneid", "dichvucong", "congdan", "cancuoc", "cccd", "chinhphu")
_TELLING_DIGITS = 6
_TELLING_WORD = 4
_TELLING_PAIR = 5
_SHORT_WORD = 3
_WORDS = re.compile(r"[^\W\d_]+")


class PasswordTooShort(Refusal):
    """A new password has fewer than eight characters.

    Operator: nothing to do; the person chooses a longer one.
    """

    code = "password_too_short"


class PasswordTooLong(Refusal):
    """A new password has more than 128 characters.

    Operator: nothing to do; the person chooses a shorter one.
    """

    code = "password_too_long"


class PasswordCommon(Refusal):
    """A new password is among the first that anybody would try: listed, a walk over the keyboard, a service's name.

    Operator: nothing to do; the list is idp/accounts/common_passwords.txt.
    """

    code = "password_common"


class PasswordPersonal(Refusal):
    """A new password contains the person's own number, name or birth date.

    Operator: nothing to do; the person chooses another.
    """

    code = "password_personal"


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What others know of a person and therefore try."""

    number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth: BirthDate = field(repr=False)

    @classmethod
    def of(cls, person: Person) -> Self:
        """The facts of a register's record."""
        return cls(person.number, person.full_name, person.birth)


def check(password: str, facts: PersonFacts) -> None:
    """Pass a new password or raise why not. Length is counted in characters as they are kept (NFC)."""
    if len(password) > LONGEST_TYPED:
        raise PasswordTooLong
    text = unicodedata.normalize("NFC", password)
    if len(text) < FEWEST:
        raise PasswordTooShort
    if len(text) > MOST:
        raise PasswordTooLong
    bare = fold(text)
    if is_common(text) or any(word in bare for word in _SERVICE_WORDS):
        raise PasswordCommon
    if _has_number(bare, facts.number) or _has_birth(bare, facts.birth) or _has_name(text, bare, facts.full_name):
        raise PasswordPersonal


def _has_number(bare: str, number: str) -> bool:
    """Whether six digits in a row are the number's."""
    windows = range(len(number) - _TELLING_DIGITS + 1)
    return any(number[start : start + _TELLING_DIGITS] in bare for start in windows)


def _has_birth(bare: str, birth: BirthDate) -> bool:
    """Whether the birth date is there, in any usual order, padded or not, with the year in full or in two digits."""
    if birth.month is None or birth.day is None:
        return str(birth.year) in bare
    days, months = {f"{birth.day:02d}", str(birth.day)}, {f"{birth.month:02d}", str(birth.month)}
    years = {str(birth.year), f"{birth.year % 100:02d}"}
    return any(
        spelling in bare
        for day, month, year in product(days, months, years)
        for spelling in (day + month + year, year + month + day, month + day + year)
        if len(spelling) >= _TELLING_DIGITS
    )


def _has_name(text: str, bare: str, full_name: str) -> bool:
    """Whether a word of the name is there, or neighbouring words together.

    A word of three letters counts only where it stands alone: `Thị` in `thich` is chance.
    """
    words = [fold(word) for word in full_name.split()]
    pairs = [first + second for first, second in pairwise(words)]
    alone = {fold(word) for word in _WORDS.findall(text)}
    return (
        any(len(word) >= _TELLING_WORD and word in bare for word in words)
        or any(len(pair) >= _TELLING_PAIR and pair in bare for pair in pairs)
        or any(len(word) == _SHORT_WORD and word in alone for word in words)
    )
