"""Passwords that anybody would try first: a list of their stems, walks over the keyboard, repeats."""

import string
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from idp.register.names import fold

_LIST: Final = Path(__file__).with_name("common_passwords.txt")
_ROWS: Final = (
    "0123456789",
    "1234567890",
    string.ascii_lowercase,
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "!@#$%^&*()",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
)
_STEPS: Final = frozenset(pair for row in _ROWS for one, two in pairwise(row) for pair in (one + two, two + one))
_LETTERS_FOR_SIGNS: Final = str.maketrans("@4310!5$7", "aaeioisst")
_ENDS: Final = string.digits + string.punctuation + " "
_LONGEST_END = 9
_LONGEST_REPEAT = 4
_STEPS_TO_A_JUMP = 4


@cache
def listed() -> frozenset[str]:
    """The shipped list: lower case, without accents, letters and digits only.

    It is made by `tests/accounts/weak_passwords.py` from rules, of what people are known to choose.
    """
    lines = _LIST.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def is_common(password: str) -> bool:
    """Whether the password is listed, or is when accents, capitals, signs for letters and added digits are undone."""
    return _is_repeat(password) or _is_walk(password) or any(form in listed() for form in _forms(password))


def _forms(password: str) -> set[str]:
    """What is left of a password when its disguises are taken off, one and all."""
    stem = password.strip(_ENDS)
    cores = [password, stem] if len(password) - len(stem) <= _LONGEST_END else [password]
    return {fold(form) for core in cores for form in (core, core.lower().translate(_LETTERS_FOR_SIGNS))}


def _is_repeat(password: str) -> bool:
    """Whether it is a few characters over and over."""
    return any(
        all(password[place] == password[place - length] for place in range(length, len(password)))
        for length in range(1, _LONGEST_REPEAT + 1)
    )


def _is_walk(password: str) -> bool:
    """Whether nearly every character stands beside or upon the one before, on the keyboard, in the alphabet."""
    pairs = [one + two for one, two in pairwise(password.lower())]
    jumps = sum(pair not in _STEPS and pair[0] != pair[1] for pair in pairs)
    return jumps * _STEPS_TO_A_JUMP <= len(pairs)
