"""One running provider for the relying parties of a file; they have clocks of their own, so its clock goes too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import RunningClock
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy


@pytest.fixture(scope="module")
def _one_provider(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, clock=RunningClock()) as running:
        yield running


@pytest.fixture
def provider(_one_provider: Provider) -> Iterator[Provider]:
    """The provider; browsers that a test was given are closed after it."""
    yield _one_provider
    _one_provider.close_browsers()
