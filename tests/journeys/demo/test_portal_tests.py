"""The demo's own portals get through the self-test, as docs/portal_tests.md has it."""

import json
import shlex
import subprocess
import sys

import pytest

from tests.support.documents import blocks, document
from tests.support.running_demo import CHECKOUT, RunningDemo

_NOT_OF_THESE_PORTALS = {"pushed", "bound"}


def written() -> list[str]:
    """The commands of the document's first block, without `idp`."""
    return [line.removeprefix("idp ") for line in blocks(document("portal_tests"))[0].splitlines()]


def run(demo: RunningDemo, command: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.replace(":8001", f":{demo.port + 1}").replace(":8002", f":{demo.port + 2}"))
    line = shlex.join([sys.executable, "-m", "idp", *words])
    script = f"set -a; . '{demo.folder}/demo.env'; {line}"
    return subprocess.run(["sh", "-c", script], cwd=CHECKOUT, capture_output=True, text=True, timeout=150)


def test_the_first_portal_is_green_out_of_the_box(demo: RunningDemo) -> None:
    done = run(demo, written()[0])
    assert (done.returncode, "demo-national-portal: green" in done.stdout) == (0, True), done.stderr + done.stdout
    assert "36/36" in done.stderr


def test_the_second_is_green_by_its_probe_and_told_in_vietnamese(demo: RunningDemo) -> None:
    done = run(demo, f"{written()[1]} --json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["outcome"]) == (0, "green"), done.stderr
    others = {each["step"] for each in report["steps"] if each["verdict"] != "passed"}
    assert others == _NOT_OF_THESE_PORTALS
    assert "Đăng nhập bình thường" in done.stderr
    assert all(each["what_was_seen"]["vi"] != each["what_was_seen"]["en"] for each in report["steps"])


def test_a_portal_that_is_pointed_elsewhere_is_told_so(demo: RunningDemo) -> None:
    done = run(demo, written()[2])
    report = json.loads(done.stdout)
    assert (done.returncode, report["outcome"]) == (1, "red")
    assert (report["steps"][0]["seen"], report["steps"][1]["seen"]) == ("sent_elsewhere", "not_tried")


@pytest.mark.parametrize("client_id", ["nobody", "demo-admin-api"])
def test_what_cannot_be_tested_is_said_at_once(demo: RunningDemo, client_id: str) -> None:
    done = run(demo, f"portals test {client_id}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr
