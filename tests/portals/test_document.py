"""The commands of docs/portals.md work as they are written there, one after another, against a running demo; what else
it says of profiles is what there is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.portals import Profile
from tests.support.documents import answered, blocks, document, put_program
from tests.support.running_demo import RunningDemo, running_demo

DOCUMENT = document("portals")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    """In a folder that looks like a checkout."""
    with running_demo(tmp_path / "var" / "demo") as running:
        put_program(tmp_path / ".venv" / "bin")
        yield running


def test_they_run_as_written(demo: RunningDemo) -> None:
    written = blocks(DOCUMENT)
    assert len(written) >= 6
    environment = {"PATH": os.environ["PATH"], "HOME": str(demo.folder)}  # noqa: TID251  (of the test's own shell)
    said = answered("\n".join(written), demo.folder.parents[1], environment, within=120)
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
        assert told in said, told


def test_it_has_every_profile() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", DOCUMENT, re.MULTILINE)) == set(Profile)
