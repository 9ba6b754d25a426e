"""The command line: what it prints, where, and how it ends."""

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idp.register.commands import group

ROWS = """number,full_name,birth,gender,province,commune
003190000001,Lê Thị Mai,1990,female,01,00103
003190000002,Lê Thị Lan,1990-02-30,female,01,00103
003190000003,Lê Thị Thu,1990-02-03,female,01,00103
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "register" / "register.db"
    monkeypatch.setenv("IDP_ISSUER", "https://eid.example")
    monkeypatch.setenv("IDP_MODE", "demo")
    monkeypatch.setenv("IDP_SANDBOX_REGISTER_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words])


def count(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        [(number,)] = connection.execute("SELECT count(*) FROM people")
    connection.close()
    return int(number)


def test_a_bad_row_is_named_on_standard_error_and_the_rest_is_in(database: Path, people: Path) -> None:
    done = run("import", people)
    assert done.exit_code == 1
    assert done.stdout == "2 added, 0 updated, 0 unchanged, 1 refused.\n"
    assert done.stderr == "line 3: birth is no date (YYYY-MM-DD) and no year, or lies in the future\n"
    assert count(database) == 2


def test_the_summary_is_json_for_a_program(database: Path, people: Path) -> None:
    done = run("import", people, "--json")
    assert json.loads(done.stdout) == {
        "added": 2,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "reasons": {"bad_birth_date": 1},
        "doubts": {},
        "stopped_at_line": None,
    }


def test_strict_stops_at_the_bad_row(database: Path, people: Path) -> None:
    done = run("import", people, "--strict", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["stopped_at_line"] == 3
    assert count(database) == 0


def test_a_file_without_a_header_is_refused(database: Path, people: Path) -> None:
    people.write_text("003190000001,Lê Thị Mai\n", encoding="utf-8")
    done = run("import", people)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "The header lacks number" in done.stderr
    assert "Mai" not in done.stderr


def test_a_pipe_is_refused(database: Path) -> None:
    done = run("import", "/dev/null")
    assert done.exit_code == 1
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_a_wrong_use(database: Path, tmp_path: Path) -> None:
    assert run("import", tmp_path / "nowhere.csv").exit_code == 2


def test_generated_people_go_in_and_an_import_of_their_file_changes_nothing(database: Path, tmp_path: Path) -> None:
    assert run("generate", "--count", "300", "--seed", "7").stdout.startswith("300 added")
    out = tmp_path / "out.csv"
    assert run("generate", "--count", "300", "--seed", "7", "--out", out).exit_code == 0
    done = run("import", out)
    assert done.exit_code == 0
    assert done.stdout == "0 added, 0 updated, 300 unchanged, 0 refused.\n"
    assert count(database) == 300


def test_writing_a_file_needs_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDP_ISSUER", raising=False)
    out = tmp_path / "out.csv"
    assert run("generate", "--count", "5", "--out", out).exit_code == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize("words", [["--help"], ["import", "--help"], ["generate", "--help"]])
def test_help_is_there_with_an_example(words: list[str]) -> None:
    shown = run(*words)
    assert shown.exit_code == 0
    assert len(words) == 1 or "Example: idp register" in shown.stdout


@pytest.mark.parametrize("count", ["0", "-1", "5000001", "many"])
def test_a_count_out_of_reach_is_a_wrong_use(count: str) -> None:
    assert run("generate", "--count", count).exit_code == 2
