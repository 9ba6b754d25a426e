"""Names of people: two spellings of one name must meet, and a name must look right on a page."""

import unicodedata
from dataclasses import dataclass

# đ has no decomposition in Unicode; ð is what old Vietnamese fonts were converted to in its place.
_STROKES = str.maketrans({"đ": "d", "ð": "d"})


@dataclass(frozen=True, slots=True)
class NameParts:
    """A Vietnamese name taken apart. A part that a name does not have is empty."""

    family: str
    middle: str
    given: str


def fold(name: str) -> str:
    """What is compared of a name: its letters and digits, without accents, case, spaces or signs.

    The same for composed and decomposed text (NFC, NFD). Folding twice changes nothing. The population services compare
    alike: `NGUYENVANA` (domain.md §2.5). Empty when nothing of a name is left.
    """
    folded = _bare(name).casefold().translate(_STROKES)
    # Outside Vietnamese a folded letter can have accents again.
    return folded if folded.isascii() else _bare(folded)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text)))


def display(name: str) -> str:
    """A name as it is kept and shown: composed (NFC), one space between words, none around them."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def split(full_name: str) -> NameParts:
    """Family name first, given name last, everything between is the middle name.

    A name of one word is a given name. Family names of two words (Tôn Nữ, Âu Dương) are not known here: the register
    keeps one field, and a list of such names would take many a Tôn for a Tôn Nữ.
    """
    words = full_name.split()
    if len(words) < 2:
        return NameParts("", "", full_name.strip())
    return NameParts(words[0], " ".join(words[1:-1]), words[-1])
