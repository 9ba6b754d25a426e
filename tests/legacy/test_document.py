"""docs/legacy_portals.md: its commands run as written, and it names every laxity and claim."""

import re
import subprocess
from pathlib import Path
from shlex import split

from idp.portals.laxities import Laxity
from tests.legacy.test_import_command import idp as run_idp
from tests.legacy.test_import_command import numbers
from tests.support.documents import blocks, commands, document

DOCUMENT = document("legacy_portals")
COMMANDS = commands(DOCUMENT)


def test_every_laxity_is_in_the_table_and_nothing_else_is() -> None:
    table = DOCUMENT.partition("## Every laxity")[2].partition("Take one away")[0]
    assert set(re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)) == set(Laxity)


def test_its_commands_run_as_written(tmp_path: Path) -> None:
    assert len(COMMANDS) == 6
    [portal] = blocks(DOCUMENT, "toml")
    (tmp_path / "old-portal.toml").write_text(portal)
    for words in (
        ("migrate",),
        ("register", "generate", "--count", "3", "--out", "people.csv"),
        ("register", "import", "people.csv"),
    ):
        assert run_idp(tmp_path, *words)[0] == 0
    [lines] = re.findall(r"```\n(citizen_number,TechID\n.*?)```", DOCUMENT, re.DOTALL)
    header, line = lines.splitlines()
    known = line.replace(line.partition(",")[0], numbers(tmp_path)[0])
    (tmp_path / "techid.csv").write_text(f"{header}\n{known}\n")
    said = [ran(tmp_path, command) for command in COMMANDS]
    assert "laxity no_pkce" in said[0]
    assert '"leaving"' in said[1]
    assert "laxity no_pkce" not in said[3]
    assert "1 added." in said[5]


def ran(folder: Path, command: str) -> str:
    """What a command says that must succeed, typed in that folder."""
    first, *words = split(command)
    if first == "idp":
        code, said, complaints = run_idp(folder, *words)
    else:
        done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60)
        code, said, complaints = done.returncode, done.stdout, done.stderr
    assert code == 0, f"{command}: {said}{complaints}"
    return said + complaints
