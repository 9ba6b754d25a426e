"""Makes idp/accounts/common_passwords.txt from rules: `python -m tests.accounts.weak_passwords`.

Nothing is copied from a list of leaked passwords. The words (weak_words.toml) are what people are known to take: names,
places, love, football, what stands on the screen; the rules are how they are known to dress them up. The check
itself takes accents, capitals, signs for letters and added digits off before it looks here.
"""

import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

WORDS = {
    kind: words.split()
    for kind, words in tomllib.loads(Path(__file__).with_name("weak_words.toml").read_text(encoding="utf-8")).items()
}
SHIPPED = Path(__file__).parents[2] / "idp" / "accounts" / "common_passwords.txt"

BEGINNINGS = ["my", "the", "toi", "em", "anh", "con", "iam", "abc"]
COMMON_FAMILIES = WORDS["family_names"][:12]
SHORTEST_STEM = 3
SHORTEST_WHOLE = 8


def stems() -> list[str]:
    """Words on which passwords are built; the check finds them under added digits, too."""
    couples = [family + given for family in COMMON_FAMILIES for given in WORDS["given_names"] if len(given) > 2]
    words = [*chain.from_iterable(WORDS.values()), *couples]
    return [word for word in words if len(word) >= SHORTEST_STEM]


def dressed() -> Iterator[str]:
    """Words with what is put before them, and words twice. What is put after them is digits: the check takes it off."""
    for word in chain.from_iterable(WORDS[kind] for kind in ("vietnamese", "english", "places", "keyboard")):
        yield word + word
        yield from (beginning + word for beginning in BEGINNINGS)


def numbers() -> Iterator[str]:
    """Runs, repeats and lucky numbers."""
    run = "01234567890123456789"
    for length in range(SHORTEST_WHOLE, 13):
        for start in range(10):
            yield run[start : start + length]
            yield run[start : start + length][::-1]
        yield from (digit * length for digit in "0123456789")
    for pair in ("12", "21", "13", "19", "20", "68", "86", "79", "89", "96", "99", "36", "39", "69", "77", "78"):
        yield from (pair * 4, pair * 5, pair * 6)
    for triple in ("123", "321", "456", "789", "147", "258", "369", "159", "753", "999", "888", "666"):
        yield from (triple * 3, triple * 4)


def weak_passwords() -> list[str]:
    """The whole list, sorted, each once: stems as they are, all else from eight characters on."""
    whole = {word for word in [*dressed(), *numbers()] if len(word) >= SHORTEST_WHOLE}
    return sorted(whole | set(stems()))


def as_file() -> str:
    """The text of the shipped file."""
    return "\n".join(["# Made by tests/accounts/weak_passwords.py from rules; do not edit.", *weak_passwords(), ""])


if __name__ == "__main__":
    SHIPPED.write_text(as_file(), encoding="ascii")
