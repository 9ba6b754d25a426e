"""The commands of docs/portals.md work as they are written there, one after another, against a running demo; what else
it says of profiles is what there is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.portals import Profile
from tests.support.running_demo import CHECKOUT, RunningDemo, running_demo

DOCUMENT = (CHECKOUT / "docs/portals.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
PROGRAM = f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -m idp "$@"\n'


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    """In a folder that looks like a checkout."""
    with running_demo(tmp_path / "var" / "demo") as running:
        idp = tmp_path / ".venv" / "bin" / "idp"
        idp.parent.mkdir(parents=True)
        idp.write_text(PROGRAM)
        idp.chmod(0o755)
        yield running


def test_they_run_as_written(demo: RunningDemo) -> None:
    assert len(BLOCKS) >= 6
    environment = {"PATH": os.environ["PATH"], "HOME": str(demo.folder)}  # noqa: TID251  (of the test's own shell)
    done = subprocess.run(
        ["sh", "-c", "set -eu\n" + "\n".join(BLOCKS)],
        cwd=demo.folder.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    for told in (
        "client_secret: p_",
        "good  0 of 3  lao-cai/…",
        '"awaits_approval":true',
        '"profile":"fapi2"',
        '"sector":"lao-cai/datdai.laocai.example"',
        "is in use",
        '"tos_uri":"https://datdai.laocai.example/terms"',
        '"state": "disabled"',
    ):
        assert told in done.stdout, told


def test_it_has_every_profile() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", DOCUMENT, re.MULTILINE)) == set(Profile)
