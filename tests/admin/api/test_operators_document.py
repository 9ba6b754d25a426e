"""The commands of docs/admin_api.md work as they are written there, one after another, against a running demo."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import idp
from tests.support.running_demo import RunningDemo, running_demo

DOCUMENT = Path(idp.__file__).parents[1] / "docs/admin_api.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("checkout") / "var" / "demo") as running:
        yield running


def test_they_run_as_written(demo: RunningDemo) -> None:
    assert len(BLOCKS) >= 9
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
    for told in ('"told_elsewhere":0', '"receipts":[', '"open":true', '"not_permitted"', '"openapi":"3.1.0"'):
        assert told in done.stdout, told
    # The repeated act, and the one that takes it back.
    assert done.stdout.count('"answer_due":null') == 2
