"""In which order a Vietnamese reader looks for names: a ă â b c d đ e ê …, whatever their tones are."""

import unicodedata
from collections.abc import Mapping
from typing import Final, TypeAlias

Key: TypeAlias = tuple[list[tuple[str, int]], list[int], str]

_MARKS: Final[Mapping[str, int]] = {"\u0306": 1, "\u0302": 2, "\u031b": 3}  # ă, â ê ô, ơ ư: letters of their own
_TONES: Final[Mapping[str, int]] = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # à ả ã á ạ


def alphabetical(text: str) -> Key:
    """What texts are sorted by: their letters, then their tones, then however they are written."""
    letters: list[tuple[str, int]] = []
    tones: list[int] = []
    for sign in unicodedata.normalize("NFD", text.casefold()):
        if letters and sign in _TONES:
            tones[-1] = _TONES[sign]
        elif letters and sign in _MARKS:
            letters[-1] = (letters[-1][0], _MARKS[sign])
        else:
            letters.append(("d", 1) if sign == "đ" else (sign, 0))
            tones.append(0)
    return letters, tones, text
