"""`idp portals import-subjects`, as an operator runs it."""

import json
from collections.abc import Iterator
from contextlib import chdir
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from idp.cli import build
from idp.clock import Clock
from tests.support.portal_file import portal_file, portal_members


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation on SQLite: the personas in its register, a portal of the old interface and one that is not."""
    folder = tmp_path_factory.mktemp("desk")
    leave_by = (Clock().now() + timedelta(days=300)).date().isoformat()
    old = {"profile": "legacy-vnconnect", "leave_by": leave_by}
    portals = [
        portal_members("old-one", **old),
        portal_members("old-two", **old, sector="shared"),
        portal_members("strict", sector="shared"),
    ]
    (folder / "portals.toml").write_bytes(portal_file(*({**each, "client_secret": SECRET} for each in portals)))
    assert idp(folder, "migrate")[0] == 0
    code, said, _ = idp(folder, "register", "generate", "--count", "5", "--out", "people.csv")
    assert code == 0, said
    assert idp(folder, "register", "import", "people.csv")[0] == 0
    code, _, errors = idp(folder, "portals", "add", "portals.toml")
    assert code == 0, errors
    yield folder


SECRET = "k3-zPq9wTn5vXc7yRb2mLd4sGh6jFa8eUoI1pQxW"


def idp(folder: Path, *words: str) -> tuple[int, str, str]:
    """The end of `idp WORDS` in that folder, its answer and its complaints. In this process: it is asked often."""
    environment = {
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": f"sqlite:///{folder}/idp.db",
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{folder}/register.db",
        "IDP_MASTER_KEY": "k3zPq9wTn5vXc7yRb2mLd4sGh6jFa8eUoI1pQxWz0bA=",
    }
    with chdir(folder):
        done = CliRunner().invoke(build(words[0]), words, env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def numbers(folder: Path) -> list[str]:
    return [line.split(",")[0] for line in (folder / "people.csv").read_text().splitlines()[1:]]


def listed(folder: Path, name: str, *lines: str) -> str:
    (folder / name).write_text("\n".join(["citizen_number,TechID", *lines, ""]))
    return name


def told(folder: Path, *words: str) -> tuple[int, Any]:
    code, said, errors = idp(folder, "portals", "import-subjects", *words, "--json")
    assert said, errors
    return code, json.loads(said)


def test_it_is_looked_at_taken_in_and_taken_in_again(desk: Path) -> None:
    first, second, *_ = numbers(desk)
    file = listed(desk, "good.csv", f"{first},tech:0001-a", f"{second},tech:0002-b")
    assert told(desk, "old-one", file, "--check") == (
        0,
        {"lines": 2, "added": 2, "unchanged": 0, "faults": [], "written": False},
    )
    assert told(desk, "old-one", file)[1]["written"] is True
    code, again = told(desk, "old-one", file)
    assert (code, again["added"], again["unchanged"]) == (0, 0, 2)


def test_faults_are_said_by_line_and_no_number_is(desk: Path) -> None:
    third, fourth, *_ = numbers(desk)[2:]
    file = listed(desk, "bad.csv", f"{third},tech:0003-c", f"{fourth},x")
    code, said, errors = idp(desk, "portals", "import-subjects", "old-one", file)
    assert code == 1
    assert "line 3 has a sub that is not" in errors
    assert "nothing was written" in said
    assert third not in said + errors


def test_a_sector_with_another_profile_must_be_meant(desk: Path) -> None:
    file = listed(desk, "shared.csv", f"{numbers(desk)[4]},tech:0005-e")
    code, _, errors = idp(desk, "portals", "import-subjects", "old-two", file)
    assert code == 1
    assert "another profile than legacy-vnconnect: strict" in errors
    code, done = told(desk, "old-two", file, "--also-strict")
    assert (code, done["added"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nobody", "good.csv"), "no portal"),
        (("old-one", "missing.csv"), "cannot be read"),
        (("old-one", "portals.toml"), "must name two columns"),
    ],
    ids=str,
)
def test_what_cannot_be_taken_in(desk: Path, words: tuple[str, str], says: str) -> None:
    code, _, errors = idp(desk, "portals", "import-subjects", *words)
    assert (code, says in errors.lower()) == (1, True), errors
