"""docs/legacy_portals.md: its commands run as written, and it names every laxity and claim."""

import re
import subprocess
import sys
from pathlib import Path

import idp
from idp.portals.laxities import Laxity
from tests.legacy.test_import_command import idp as run_idp
from tests.legacy.test_import_command import numbers

DOCUMENT = (Path(idp.__file__).parents[1] / "docs/legacy_portals.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL) for line in block.splitlines()]


def test_every_laxity_is_in_the_table_and_nothing_else_is() -> None:
    table = DOCUMENT.partition("## Every laxity")[2].partition("Take one away")[0]
    assert set(re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)) == set(Laxity)


def test_its_commands_run_as_written(tmp_path: Path) -> None:
    assert len(COMMANDS) == 6
    [portal] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
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
    program = tmp_path / "idp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m idp "$@"\n')
    program.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": f"sqlite:///{tmp_path}/idp.db",
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": "k3zPq9wTn5vXc7yRb2mLd4sGh6jFa8eUoI1pQxWz0bA=",
    }
    said = []
    for command in COMMANDS:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said.append(done.stdout + done.stderr)
    assert "laxity no_pkce" in said[0]
    assert '"leaving"' in said[1]
    assert "laxity no_pkce" not in said[3]
    assert "1 added." in said[5]
