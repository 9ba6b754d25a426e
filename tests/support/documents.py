"""The documents of `docs/`: what they tell to type, and a desk to type it at."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.running_demo import CHECKOUT


def document(name: str) -> str:
    """The text of `docs/NAME.md`."""
    return (CHECKOUT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str, language: str = "sh") -> list[str]:
    """Its blocks in that language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(text: str) -> list[str]:
    """Each line of its blocks for a shell."""
    return [line for block in blocks(text) for line in block.splitlines()]


def put_program(folder: Path) -> None:
    """`idp` in that folder, to be run from anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "idp"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -m idp "$@"\n')
    program.chmod(0o755)


def desk(folder: Path, database_url: str) -> dict[str, str]:
    """The environment of an operator who sits in that folder, with `idp` on the path, beside that database."""
    put_program(folder)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",  # noqa: TID251  (of the test's own shell)
        "HOME": str(folder),
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": database_url,
    }


def typed(
    script: str, folder: str | Path, environment: Mapping[str, str], *, within: int = 60
) -> subprocess.CompletedProcess[str]:
    """How a script ends that stops at its first failure; it has `within` seconds."""
    return subprocess.run(
        ["sh", "-e", "-u", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=within
    )


def answered(script: str, folder: str | Path, environment: Mapping[str, str], *, within: int = 60) -> str:
    """What a script prints that must succeed."""
    done = typed(script, folder, environment, within=within)
    assert done.returncode == 0, (script, done.stdout[-2000:], done.stderr)
    return done.stdout
