"""Reference numbers: what a person reads to the help line, and what finds the matching audit row and log line.

A reference is random and says nothing about the person or the portal.
"""

import re
import secrets

from starlette.requests import HTTPConnection

# Without letters and digits that are mistaken for each other when read aloud or copied by hand.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = 8
_SHAPE = re.compile(f"[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")


def new_reference() -> str:
    """A fresh reference like 7F3K-9QX2 (39 random bits)."""
    # All of it asked of the kernel at once: each call costs as much as the rest.
    number, letters = secrets.randbelow(len(_ALPHABET) ** _LETTERS), ""
    for _ in range(_LETTERS):
        number, place = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[place]
    return f"{letters[:4]}-{letters[4:]}"


def is_reference(text: str) -> bool:
    """Whether `text` has the shape of a reference; whether we ever gave it out is not known here."""
    return _SHAPE.fullmatch(text) is not None


def reference_of(request: HTTPConnection) -> str:
    """The one reference of this request, made when first asked for: page, audit row and log line show the same."""
    state: dict[str, str] = request.scope.setdefault("state", {})
    if "reference" not in state:
        state["reference"] = new_reference()
    return state["reference"]
