"""What the record promises: every event is written by somebody, and every reason in the code can stand in it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import idp
from idp.audit.events import CATALOGUE
from idp.audit.events.event import is_code
from idp.errors import Refusal
from idp.protocol.answers import OAuthError
from idp.protocol.bearer import BearerError

HOUSE = Path(idp.__file__).parent
FILES = {file: ast.parse(file.read_text()) for file in sorted(HOUSE.rglob("*.py"))}
# Their first texts are for a portal's developer to read, or for a log; the reason is a keyword.
OF_SENTENCES = {OAuthError.__name__, BearerError.__name__}


def refusals(family: type[Refusal] = Refusal) -> Iterator[str]:
    for kind in family.__subclasses__():
        yield kind.__name__
        yield from refusals(kind)


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for file, tree in FILES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield file, node, node.func.id


def reasons() -> Iterator[tuple[str, str]]:
    """Where in the code a refusal is given a reason, and the literal reason."""
    for module in pkgutil.walk_packages(idp.__path__, "idp."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    names = set(refusals()) | {"_failed"}
    for file, call, name in calls():
        if name not in names or file.parent.name == "outbound":
            continue
        given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
        if name not in OF_SENTENCES:
            given += call.args[:1]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield f"{file.relative_to(HOUSE)}:{call.lineno}", value.value


def test_every_reason_is_a_code() -> None:
    found = list(reasons())
    assert len(found) > 40
    assert [(place, text) for place, text in found if not is_code(text)] == []


def test_every_event_is_written_by_somebody() -> None:
    outside = [tree for file, tree in FILES.items() if file.parent.name != "events"]
    used = {node.id for tree in outside for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert [event.__name__ for event in CATALOGUE.values() if event.__name__ not in used] == []
