"""Every step and everything that may be seen has its sentence, and no sentence is left over."""

import ast
from pathlib import Path

import idp.portal_tests
from idp.portal_tests.findings import Finding, Result, Verdict
from idp.portal_tests.report import seen, title, to_do
from idp.portal_tests.robot import STEPS
from idp.web.languages import NAMES
from idp.web.template_folder import template_folder
from idp.web.translations import Translations

ROOM = Path(idp.portal_tests.__file__).parent
SPOKEN = {"passed", "failed", "warning", "not_applicable", "Stopped"}
TRANSLATIONS = Translations.load(template_folder() / "translations")


def codes() -> set[str]:
    """What the room says that it saw, wherever it says so."""
    found = set()
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args:
                texts = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                is_chosen = isinstance(node.func, ast.IfExp | ast.Subscript) or name in SPOKEN | {"absent"}
                found |= {text for text in texts if is_chosen and isinstance(text, str)}
    return found | {"silent", "unreachable"}


def test_every_step_says_what_it_is_and_what_to_do() -> None:
    for step in STEPS:
        result = Result(step, Finding(Verdict.FAILED, "signed_in"))
        for language in NAMES:
            assert title(TRANSLATIONS, language, result) and to_do(TRANSLATIONS, language, result)
            assert seen(TRANSLATIONS, language, result)


def test_sentences_and_codes_are_the_same() -> None:
    keys = TRANSLATIONS.keys()
    told = {
        kind: {key.removeprefix(kind) for key in keys if key.startswith(kind)}
        for kind in ("portal_test.seen.", "portal_test.step.", "portal_test.do.")
    }
    assert told["portal_test.step."] == told["portal_test.do."] == set(STEPS)
    assert told["portal_test.seen."] == codes()
