"""docs/requirements.md names tests that are there, and no line that is seen from outside stands without one."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import idp

ROOT = Path(idp.__file__).parent.parent
DOCUMENT = ROOT / "docs/requirements.md"
SECTIONS = {
    "2.1 OWASP ASVS 5.0": 74,
    "2.2 NIST SP 800-63B-4": 16,
    "2.3 RFC 9700, best practice of OAuth 2.0 security": 22,
    "2.5 Modules of the OpenID Foundation's conformance suite": 18,
    "2.6 RFC 8725, best practice of JSON Web Tokens": 11,
}
"""Each section and how many lines it has to answer for."""

_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_NOT_HERE = re.compile(r"\*(?:Does not apply|Not held)\*")


@dataclass(frozen=True)
class Line:
    """One row: its name, who can see it held (B, G, W, —), and what the document says shows it."""

    section: str
    name: str
    marks: frozenset[str]
    shown_by: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        return _NAMED.findall(self.shown_by)


def lines() -> Iterator[Line]:
    section = ""
    for row in DOCUMENT.read_text().splitlines():
        if row.startswith("## "):
            section = row.removeprefix("## ")
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        if section in SECTIONS and row.startswith("| ") and len(cells) == 4 and cells[2] not in ("Mark", "---"):
            yield Line(section, cells[0], frozenset(cells[2].split()), cells[3])


LINES = list(lines())


@cache
def defined_in(file: str) -> frozenset[str]:
    """The names of the tests that a file defines, in classes too; none when there is no such file."""
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_line_of_a_section_is_answered_for(section: str) -> None:
    found = [line for line in LINES if line.section == section]
    assert len(found) == SECTIONS[section]
    assert {mark for line in found for mark in line.marks} <= set("BGW—")
    assert [line.name for line in found if not line.shown_by] == []


def test_every_test_that_is_named_is_there() -> None:
    named = [(line.name, file, name) for line in LINES for file, name in line.tests]
    assert len(named) > len(LINES)
    assert [each for each in named if each[2] not in defined_in(each[1])] == []


def test_a_line_that_is_seen_from_outside_has_a_test_or_says_why_not() -> None:
    bare = [line.name for line in LINES if "B" in line.marks and not line.tests]
    assert [line.name for line in LINES if line.name in bare and not _NOT_HERE.search(line.shown_by)] == []
    assert bare == []
