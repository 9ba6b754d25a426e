"""Both languages say everything, with the same values, or the program does not start."""

from pathlib import Path

import pytest

from idp.web.template_folder import template_folder
from idp.web.translations import Translations, TranslationsBroken

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def write(folder: Path, **files: str) -> Path:
    """Files named `<language>__<room>` with their messages."""
    for name, messages in files.items():
        language, room = name.split("__")
        (folder / language).mkdir(exist_ok=True)
        (folder / language / f"{room}.po").write_text(HEAD + messages, encoding="utf-8")
    return folder


def test_ours_are_whole() -> None:
    assert Translations.load(template_folder() / "translations").has("web.service")


def test_files_of_all_rooms_are_one_book(tmp_path: Path) -> None:
    both = {"a": 'msgid "a.x"\nmsgstr "Chào {name}"\n', "b": 'msgid "b.x"\nmsgstr "{{}}"\n'}
    files = {f"{language}__{room}": text for language in ("vi", "en") for room, text in both.items()}
    translations = Translations.load(write(tmp_path, **files))
    assert translations.keys() == {"a.x", "b.x"}
    assert translations.text("vi", "a.x", name="Hoà") == "Chào Hoà"
    assert translations.text("en", "b.x") == "{}"
    assert not translations.has("a.y")


@pytest.mark.parametrize(
    ("vi", "en", "fault"),
    [
        ('msgid "a.x"\nmsgstr "Chào"\n', 'msgid "a.y"\nmsgstr "Hello"\n', "a.x is missing in en\na.y is missing in vi"),
        ('msgid "a.x"\nmsgstr "Chào"\n', 'msgid "a.x"\nmsgstr ""\n', "a.x is missing in en"),
        ('msgid "a.x"\nmsgstr "{a}"\n', 'msgid "a.x"\nmsgstr "{b}"\n', "a.x has other placeholders"),
        ('msgid "a.x"\nmsgstr "{"\n', 'msgid "a.x"\nmsgstr "x"\n', "a.x has a brace"),
        ('#, fuzzy\nmsgid "a.x"\nmsgstr "Chào"\n', 'msgid "a.x"\nmsgstr "x"\n', "a.x in vi/a.po is not finished"),
        ('msgid "a.x"\nmsgid_plural "a.y"\nmsgstr[0] "Chào"\n', 'msgid "a.x"\nmsgstr "x"\n', "is not finished"),
    ],
)
def test_a_hole_is_found_at_start(tmp_path: Path, vi: str, en: str, fault: str) -> None:
    with pytest.raises(TranslationsBroken, match=fault):
        Translations.load(write(tmp_path, vi__a=vi, en__a=en))


@pytest.mark.parametrize("sentence", ["{", "}", "{}", "{0}", "{request.app}", "{names[0]}", "{name!r}", "{name:>9}"])
def test_what_stands_in_braces_is_only_ever_a_name(tmp_path: Path, sentence: str) -> None:
    text = f'msgid "a.x"\nmsgstr "{sentence}"\n'
    with pytest.raises(TranslationsBroken, match="has a brace"):
        Translations.load(write(tmp_path, vi__a=text, en__a=text))


def test_two_rooms_cannot_write_the_same_sentence(tmp_path: Path) -> None:
    text = 'msgid "a.x"\nmsgstr "x"\n'
    with pytest.raises(TranslationsBroken, match=r"a\.x is in vi/b\.po and in another file"):
        Translations.load(write(tmp_path, vi__a=text, vi__b=text, en__a=text))


def test_a_file_that_is_no_catalogue_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"."):
        Translations.load(write(tmp_path, vi__a='msgid "a.x\nmsgstr nonsense', en__a=""))
