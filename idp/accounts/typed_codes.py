"""Codes that people read from paper and type: what is easily mistaken is not in them, or is forgiven."""

import re
import secrets
from typing import Final

from idp.register.digits import plain

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U. Five bits each."""

_MISTAKEN: Final = str.maketrans("ILO", "110", ".-")
_SEPARATORS: Final = str.maketrans("", "", ".-")
_GROUP = 4
_SIX_DIGITS = re.compile(r"[0-9]{6}")


def new_code(length: int) -> str:
    """So many random characters, five bits each, in groups of four: `7K3M-9QXA-…`."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(length))
    return "-".join(code[start : start + _GROUP] for start in range(0, length, _GROUP))


def read_code(typed: str, length: int) -> str | None:
    """The characters of a code of this length without its groups, however it was typed; None when it is not one."""
    code = plain(typed).upper().translate(_MISTAKEN)
    return code if len(code) == length and set(code) <= set(_ALPHABET) else None


def read_digits(typed: str) -> str | None:
    """Six digits, typed with spaces, dashes or full-width, or None."""
    digits = plain(typed).translate(_SEPARATORS)
    return digits if _SIX_DIGITS.fullmatch(digits) else None
