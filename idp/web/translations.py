"""Sentences by key, in each language, read once at start from `templates/translations/<language>/<room>.po`.

A key and its placeholders must be the same in every language; that is checked at start, and a key that nobody wrote is
an exception, so no page is ever shown with a hole in it. Sentences are plain text: `{name}` is where a value goes.
"""

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from idp.web.languages import NAMES, Language

Text = TypeVar("Text", bound=str)


class TranslationsBroken(Exception):
    """The translations cannot be used. Names every fault, not the first."""


class MissingTranslation(LookupError):
    """A page asked for a key that no file has: a bug. Names the key."""


class Translations:
    """All sentences of all rooms, by language and key."""

    def __init__(self, sentences: Mapping[Language, Mapping[str, str]]) -> None:
        if faults := _faults(sentences):
            raise TranslationsBroken("\n".join(faults))
        self._plain = sentences
        self._escaped = {
            language: {key: escape(sentence) for key, sentence in of_language.items()}
            for language, of_language in sentences.items()
        }

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder`/<language>/*.po; raises `TranslationsBroken`."""
        return cls({language: _read_language(folder / language) for language in NAMES})

    def text(self, language: Language, key: str, /, **values: object) -> str:
        """The sentence as plain text (SMS, JSON). Raises `MissingTranslation`, or KeyError without a value."""
        return self._find(self._plain, language, key).format(**values)

    def html(self, language: Language, key: str, /, **values: Any) -> Markup:
        """The same for a page: every value is escaped (unless it is `Markup` itself)."""
        return self._find(self._escaped, language, key).format(**values)

    def has(self, key: str) -> bool:
        """Whether the key exists (then it does in every language)."""
        return all(key in of_language for of_language in self._plain.values())

    def keys(self) -> set[str]:
        """Every key there is."""
        return {key for of_language in self._plain.values() for key in of_language}

    @staticmethod
    def _find(sentences: Mapping[Language, Mapping[str, Text]], language: Language, key: str) -> Text:
        try:
            return sentences[language][key]
        except KeyError:
            raise MissingTranslation(key) from None


def _read_language(folder: Path) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            messages = [message for message in read_po(file, abort_invalid=True) if message.id]
        for message in messages:
            if message.id in sentences:
                raise TranslationsBroken(f"{message.id} is in {folder.name}/{path.name} and in another file")
            if message.fuzzy or not isinstance(message.string, str):
                raise TranslationsBroken(f"{message.id} in {folder.name}/{path.name} is not finished")
            sentences[str(message.id)] = message.string
    return sentences


def _faults(sentences: Mapping[Language, Mapping[str, str]]) -> list[str]:
    keys = {key for of_language in sentences.values() for key in of_language}
    faults = []
    for key in sorted(keys):
        found = {language: of_language.get(key, "") for language, of_language in sentences.items()}
        faults += [f"{key} is missing in {language}" for language, sentence in found.items() if not sentence.strip()]
        names = [_placeholders(sentence) for sentence in found.values()]
        if None in names:
            faults.append(f"{key} has a brace that begins no {{name}}")
        elif all(found.values()) and len(set(names)) > 1:
            faults.append(f"{key} has other placeholders in one language than in another")
    return faults


def _placeholders(sentence: str) -> frozenset[str] | None:
    """The names in braces; None when a brace is left over, or what it holds is more than a name."""
    try:
        fields = [field[1:] for field in string.Formatter().parse(sentence)]
    except ValueError:
        return None
    names = [name for name, _, _ in fields if name is not None]
    if not all(map(str.isidentifier, names)) or any(shape or conversion for _, shape, conversion in fields):
        return None
    return frozenset(names)
