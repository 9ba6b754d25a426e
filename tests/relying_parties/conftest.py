"""One running provider for the relying parties of a file; they have clocks of their own, so its clock goes too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import RunningClock
from tests.support.npm_portal import LIBRARIES
from tests.support.ports import free_port
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy


@pytest.fixture(scope="module")
def listening_port() -> int:
    """Where a relying party may listen for logout tokens: the provider calls no internal address but this."""
    return free_port()


@pytest.fixture(scope="module")
def _one_provider(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, listening_port: int
) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    url, allowed = sqlite_copy(_sqlite_template, folder), (f"127.0.0.1:{listening_port}",)
    with running_provider(url, folder, clock=RunningClock(), outbound_allow=allowed) as running:
        yield running


@pytest.fixture
def provider(_one_provider: Provider) -> Iterator[Provider]:
    """The provider; browsers that a test was given are closed after it."""
    yield _one_provider
    _one_provider.close_browsers()


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> str:
    """Each of the two libraries from npm."""
    return str(request.param)
