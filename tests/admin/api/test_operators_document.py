"""The commands of docs/admin_api.md work as they are written there, one after another, against a running demo."""

import os
from collections.abc import Iterator

import pytest

from tests.support.documents import answered, blocks, document
from tests.support.running_demo import RunningDemo, running_demo

BLOCKS = blocks(document("admin_api"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("checkout") / "var" / "demo") as running:
        yield running


def test_they_run_as_written(demo: RunningDemo) -> None:
    assert len(BLOCKS) >= 9
    environment = {"PATH": os.environ["PATH"], "HOME": str(demo.folder)}  # noqa: TID251  (of the test's own shell)
    said = answered("\n".join(BLOCKS), demo.folder.parents[1], environment, within=120)
    for told in ('"told_elsewhere":0', '"receipts":[', '"open":true', '"not_permitted"', '"openapi":"3.1.0"'):
        assert told in said, told
    # The repeated act, and the one that takes it back.
    assert said.count('"answer_due":null') == 2
