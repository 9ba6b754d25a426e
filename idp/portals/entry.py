"""One `[[portal]]` of a file while it is read: members are taken out of it, and every fault is noted."""

import unicodedata
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from idp.portals.faults import RegistrationFault

T = TypeVar("T")


class Entry:
    """Each reader gives None for what is absent or faulty, so that reading goes on to the next fault."""

    def __init__(self, label: str, given: Mapping[str, Any]) -> None:
        self.label = label
        self.faults: list[RegistrationFault] = []
        self._given = given
        self._taken: set[str] = set()

    def fault(self, member: str, sentence: str, given: str = "") -> None:
        """Note what is wrong. The sentence goes on from the member's name; `given` is the value, never a secret."""
        self.faults.append(RegistrationFault(self.label, member, sentence, ascii(given)[1:-1][:120]))

    def has(self, member: str) -> bool:
        """Whether the file states it."""
        return member in self._given

    def take(self, member: str, kind: type[T], what: str) -> T | None:
        """The member, when it is of that type. A bool is no number."""
        self._taken.add(member)
        value = self._given.get(member)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault(member, f"must be {what}")
            return None
        return value

    def equals(self, member: str, value: object) -> bool:
        """Whether the file states this very value; it stays to be read."""
        return bool(self._given.get(member) == value)

    def required(self, member: str) -> None:
        """Note when it is not there."""
        if not self.has(member):
            self.fault(member, "is missing")

    def text(self, member: str, *, longest: int = 200) -> str | None:
        """One line for a person to read."""
        value = self.take(member, str, "text")
        if value is None or not self._is_line(member, value, longest):
            return None
        return unicodedata.normalize("NFC", value)

    def texts(self, member: str, *, most: int = 20, longest: int = 200) -> tuple[str, ...] | None:
        """A list of lines, each different."""
        values = self.take(member, list, "a list of texts")
        if values is None:
            return None
        if not all(isinstance(value, str) for value in values):
            self.fault(member, "must be a list of texts")
            return None
        if len(values) > most or len(set(values)) < len(values):
            self.fault(member, f"must be at most {most} texts, each different")
            return None
        return tuple(values) if all(self._is_line(member, value, longest) for value in values) else None

    def strings(self, member: str) -> list[str]:
        """The texts of a list, whatever else is in it: faults are not noted here."""
        given = self._given.get(member)
        return [value for value in given if isinstance(value, str)] if isinstance(given, list) else []

    def choice(self, member: str, choices: Collection[str]) -> str | None:
        """One of the words."""
        value = self.take(member, str, f"one of {', '.join(choices)}")
        if value is not None and value not in choices:
            self.fault(member, f"must be one of {', '.join(choices)}")
            return None
        return value

    def whole(self, member: str, lowest: int, highest: int) -> int | None:
        """A whole number in bounds."""
        value = self.take(member, int, "a whole number")
        if value is not None and not lowest <= value <= highest:
            self.fault(member, f"must be a whole number from {lowest} to {highest}")
            return None
        return value

    def flag(self, member: str) -> bool:
        """True only where the file says so."""
        return self.take(member, bool, "true or false") or False

    def names(self, member: str) -> dict[str, str]:
        """`member` and `member#language`, by language (RFC 7591 §2.2); "" is the one without."""
        found = {}
        for name in self._given:
            stem, mark, language = name.partition("#")
            if stem == member and (value := self.text(name, longest=100)) is not None:
                if mark and not (language.isascii() and language.isalpha() and 2 <= len(language) <= 3):
                    self.fault(name, "must end in a language, such as #vi")
                found[language.lower()] = value
        return found

    def exclude(self, members: Collection[str], sentence: str) -> None:
        """Note each of these that is there."""
        for member in members:
            if self.has(member):
                self._taken.add(member)
                self.fault(member, sentence)

    def finish(self, known: Collection[str]) -> None:
        """Note every member that nobody took. `known` are the names to guess from what was meant."""
        for member in sorted(self._given.keys() - self._taken):
            meant = get_close_matches(member, known, n=1)
            hint = f"; is {meant[0]} meant?" if meant else ""
            self.fault(_shown(member), f"is not a member of a portal's file{hint}")

    def _is_line(self, member: str, value: str, longest: int) -> bool:
        if not value.strip() or len(value) > longest:
            self.fault(_shown(member), f"must have 1 to {longest} characters")
            return False
        if not value.isprintable():  # control characters, line breaks, marks that turn the direction of text
            self.fault(_shown(member), "has characters that cannot be seen")
            return False
        return True


def _shown(member: str) -> str:
    return ascii(member)[1:-1][:60]
