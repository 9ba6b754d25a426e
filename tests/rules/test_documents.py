"""Documents, settings, sentences and the lock file cannot drift from the code."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

import idp
from idp.settings import Settings, variable
from idp.web import error_catalogue
from idp.web.languages import NAMES
from idp.web.template_folder import template_folder
from idp.web.translations import Translations

ROOT = Path(idp.__file__).parent.parent
TEMPLATES = template_folder()
# `t("key")` in templates and `"room.key"` handed to a template by an endpoint.
USED_IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([a-z_]+\.[a-z0-9_.-]+)["']""")


@pytest.fixture(scope="module")
def translations() -> Translations:
    return Translations.load(TEMPLATES / "translations")


def test_the_error_catalogue_is_up_to_date(translations: Translations) -> None:
    error_catalogue.import_every_room()
    written = (ROOT / "docs/errors.md").read_text()
    assert written.strip() == error_catalogue.as_markdown(error_catalogue.refusals(), translations).strip(), (
        "run: .venv/bin/python -m idp.web.error_catalogue > docs/errors.md"
    )


def test_every_refusal_has_its_sentences_in_both_languages(translations: Translations) -> None:
    error_catalogue.import_every_room()
    missing = [
        key
        for code in error_catalogue.refusals()
        for key in (f"error.{code}", f"error.{code}.next")
        if not translations.has(key)
    ]
    assert missing == []


def test_no_two_refusals_share_a_code() -> None:
    error_catalogue.import_every_room()
    from idp.errors import Refusal

    seen: dict[str, str] = {}
    pending = list(Refusal.__subclasses__())
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind.__module__.startswith("idp.") and "code" in vars(kind):
            name = f"{kind.__module__}.{kind.__qualname__}"
            assert seen.setdefault(kind.code, name) == name, kind.code


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("**/*.html")), ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_every_key_of_a_template_is_translated(file: Path, translations: Translations) -> None:
    assert _missing(file, translations) == []


def _missing(file: Path, translations: Translations) -> list[str]:
    """Keys of a template that have no sentence. One that ends with a dot or _ is a beginning: its end is a value."""
    used = USED_IN_TEMPLATE.findall(file.read_text())
    return [key for key in used if not key.endswith((".", "_")) and not translations.has(key)]


def test_no_translation_is_left_over(translations: Translations) -> None:
    """A key that nothing mentions is a sentence nobody reads; one made of a prefix and a value counts by its prefix."""
    sources = [*TEMPLATES.glob("**/*.html"), *Path(idp.__file__).parent.glob("**/*.py")]
    text = "\n".join(file.read_text() for file in sources)
    error_catalogue.import_every_room()
    codes = error_catalogue.refusals()
    beginnings = re.findall(r"""["']([a-z_]+[a-z0-9_.]*[._])["']""", text)
    unused = [
        key
        for key in sorted(translations.keys())
        if key not in text
        and not (key.startswith("error.") and key.removeprefix("error.").removesuffix(".next") in codes)
        and not key.startswith(tuple(beginnings))
    ]
    assert unused == []


def test_every_setting_says_what_it_is_for() -> None:
    for setting in fields(Settings):
        assert setting.metadata["help"].endswith("."), variable(setting.name)
        assert len(setting.metadata["help"]) > 15, variable(setting.name)


def test_the_lock_file_names_no_registry() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert re.findall(r"^(?!\s*#).*(?:://|^--(?:index|extra|find|trusted)).*", text, re.MULTILINE) == []


def test_files_stay_readable() -> None:
    """None over 500 lines; half of them well below 150 (design)."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in tracked.stdout.split()}
    lengths = {name: length for name, length in lengths.items() if not name.startswith("migrations/versions")}
    assert {name: length for name, length in lengths.items() if length > 500} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 150


def test_no_drawers() -> None:
    """A folder or file named for nothing collects everything."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    drawers = re.compile(r"(^|/)(utils?|helpers?|common|base|misc)(/|\.py$)")
    assert [name for name in tracked.stdout.split() if drawers.search(name)] == []


def test_both_languages_are_there() -> None:
    assert {folder.name for folder in (TEMPLATES / "translations").iterdir()} == set(NAMES)
