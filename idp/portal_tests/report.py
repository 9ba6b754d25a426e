"""A run's results in words, in both languages."""

from collections.abc import Iterable
from typing import Any, Final

from idp.portal_tests.findings import Result, Verdict
from idp.portal_tests.runs import Run
from idp.web.languages import NAMES, Language
from idp.web.translations import Translations

_TO_DO: Final = (Verdict.FAILED, Verdict.WARNING)
# Beginnings of the sentences' keys; a code ends them.
_STEP: Final = "portal_test.step."
_SEEN: Final = "portal_test.seen."
_DO: Final = "portal_test.do."


def title(translations: Translations, language: Language, result: Result) -> str:
    """What the step is about."""
    return translations.text(language, _STEP + result.step)


def seen(translations: Translations, language: Language, result: Result) -> str:
    """What was seen."""
    return translations.text(language, _SEEN + result.finding.seen, **result.finding.figures)


def to_do(translations: Translations, language: Language, result: Result) -> str:
    """What the portal's developer has to do; empty where there is nothing."""
    if result.finding.verdict not in _TO_DO:
        return ""
    return translations.text(language, _DO + result.step)


def results_of(run: Run) -> list[Result]:
    """As they were found."""
    return [Result.from_json(each) for each in run.results]


def as_json(run: Run, issuer: str, client_id: str, translations: Translations) -> dict[str, Any]:
    """The whole report, for a program."""
    return {
        "test": str(run.id),
        "client_id": client_id,
        "issuer": issuer,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "outcome": run.outcome,
        "steps": [_step(each, translations) for each in results_of(run)],
    }


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many steps ended how."""
    found = dict.fromkeys((verdict.value for verdict in Verdict), 0)
    for result in results:
        found[result.finding.verdict.value] += 1
    return found


def _step(result: Result, translations: Translations) -> dict[str, Any]:
    return {
        "step": result.step,
        "verdict": result.finding.verdict.value,
        "seen": result.finding.seen,
        "title": {language: title(translations, language, result) for language in NAMES},
        "what_was_seen": {language: seen(translations, language, result) for language in NAMES},
        "what_to_do": {language: to_do(translations, language, result) for language in NAMES},
    }
