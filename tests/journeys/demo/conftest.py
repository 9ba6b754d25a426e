"""One demo for all files; a test that needs somebody who has not given a code of their app yet takes one of its own."""

from collections.abc import Iterator

import pytest

from tests.support.running_demo import RunningDemo, running_demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
