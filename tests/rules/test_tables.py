"""Only a table's own room writes it; rooms above may read it in a join."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import idp
from idp.storage import metadata

HOUSE = Path(idp.__file__).parent
WRITERS = {"insert", "update", "delete", "upsert", "insert_once", "Insert"}


def tables_by_room() -> dict[str, str]:
    """Each table's variable name and the room whose tables.py defines it."""
    owners = {}
    for file in sorted(HOUSE.glob("*/tables.py")):
        module = import_module(f"idp.{file.parent.name}.tables")
        for name, value in vars(module).items():
            if getattr(value, "metadata", None) is metadata:
                owners[name] = file.parent.name
    return owners


def writes(file: Path) -> list[tuple[str, int]]:
    """Names handed to insert, update, delete and their kin in a file."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS and node.args:
            target = node.args[0]
            if isinstance(target, ast.Name):
                found.append((target.id, node.lineno))
    return found


OWNERS = tables_by_room()


def test_every_room_with_rows_is_known() -> None:
    assert {"sessions", "attempts", "codes", "accounts", "audit_events"} <= OWNERS.keys()


@pytest.mark.parametrize("file", sorted(HOUSE.glob("*/**/*.py")), ids=lambda file: str(file.relative_to(HOUSE)))
def test_a_room_writes_its_own_tables_only(file: Path) -> None:
    room = file.relative_to(HOUSE).parts[0]
    strangers = [(name, line) for name, line in writes(file) if OWNERS.get(name, room) != room]
    assert strangers == []
