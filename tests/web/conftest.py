"""The sample application and those who call it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.web.client import Client
from tests.web.sample import ISSUER, Sample


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample()


@pytest.fixture
async def client(sample: Sample) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(app=sample.application())
    async with Client(transport=transport, base_url=ISSUER) as opened:
        yield opened


@pytest.fixture
def log_lines() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines
