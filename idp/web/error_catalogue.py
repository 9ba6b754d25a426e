"""The catalogue of errors: every refusal in the code, what people read in both languages, what an operator can do.

`python -m idp.web.error_catalogue > docs/errors.md` writes it again; a test compares the two.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator

import idp
from idp.errors import Refusal
from idp.web.http_status import status_of
from idp.web.languages import NAMES, Language
from idp.web.template_folder import template_folder
from idp.web.translations import Translations

_INTRODUCTION = """\
# Errors

Generated from the code by `python -m idp.web.error_catalogue`; do not edit. Every error page, and every form that is
shown again, has an element `#error` with this code in `data-code` and a reference in `data-reference`; the same
reference is in the audit row and in the log line.
"""


def refusals() -> dict[str, type[Refusal]]:
    """Every refusal of the rooms imported so far, by code; raises ValueError when two share a code."""
    found: dict[str, type[Refusal]] = {}
    for refusal in _descendants(Refusal):
        # A class that only gives others their kind has no code of its own; tests have refusals of theirs.
        if "code" not in vars(refusal) or refusal.__module__.partition(".")[0] != idp.__name__:
            continue
        if found.setdefault(refusal.code, refusal) is not refusal:
            raise ValueError(f"two refusals have the code {refusal.code}")
    return dict(sorted(found.items()))


def import_every_room() -> None:
    """Import every module of the program, so that `refusals` is complete."""
    for module in pkgutil.walk_packages(idp.__path__, f"{idp.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def operator_advice(refusal: type[Refusal]) -> tuple[str, str]:
    """From its docstring: when it happens, and what an operator can do (the paragraph that begins `Operator:`)."""
    when, _, advice = (inspect.getdoc(refusal) or "").partition("\n\nOperator:")
    return " ".join(when.split()), " ".join(advice.split())


def as_markdown(found: dict[str, type[Refusal]], translations: Translations) -> str:
    """The whole document; raises `MissingTranslation` when a sentence is not written."""
    return "\n".join([_INTRODUCTION, *(_entry(refusal, translations) for refusal in found.values())])


def _entry(refusal: type[Refusal], translations: Translations) -> str:
    when, advice = operator_advice(refusal)
    lines = [f"## `{refusal.code}`", "", f"{when} Status {status_of(refusal.kind)}.", ""]
    for language, name in NAMES.items():
        lines.append(f"- **{name}**: {_sentences(refusal, translations, language)}")
    return "\n".join([*lines, f"- **Operator**: {advice}", ""])


def _sentences(refusal: type[Refusal], translations: Translations, language: Language) -> str:
    what = translations.text(language, f"error.{refusal.code}")
    return f"{what} {translations.text(language, f'error.{refusal.code}.next')}"


def _descendants(cls: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)


def main() -> None:
    """Print the catalogue of everything installed."""
    import_every_room()
    sys.stdout.write(as_markdown(refusals(), Translations.load(template_folder() / "translations")))


if __name__ == "__main__":
    main()
