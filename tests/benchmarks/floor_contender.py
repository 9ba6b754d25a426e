"""The floor, running and known to the load driver."""

import asyncio
import base64
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import floor, floor_tables
from tests.benchmarks.load import Target
from tests.benchmarks.rounds import Contender
from tests.support.ports import free_port
from tests.support.postgresql import PostgreSQL
from tests.support.processes import listens_on, running


@contextmanager
def floor_contender(server: PostgreSQL, *, accounts: int = 10_000, sessions: int = 64) -> Iterator[Contender]:
    """The floor on a database of its own on `server`."""
    url = server.new_database("floor")
    cookies = asyncio.run(floor_tables.fill(url, accounts=accounts, sessions=sessions))
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.floor", "--database", url, "--port", str(port)]
    basic = base64.b64encode(f"{floor.CLIENT_ID}:{floor.CLIENT_SECRET}".encode()).decode()
    with (
        tempfile.TemporaryDirectory(prefix="dinh-danh-floor-") as folder,
        running(command, log=Path(folder) / "floor.log", ready=listens_on(port)) as program,
    ):
        target = Target(
            name="floor",
            base_url=f"http://127.0.0.1:{port}",
            cookies=[f"{floor.COOKIE}={cookie}" for cookie in cookies],
            authorization=f"Basic {basic}",
            authorize_query={
                "client_id": floor.CLIENT_ID,
                "redirect_uri": floor.REDIRECT_URI,
                "response_type": "code",
                "scope": floor.SCOPE,
            },
        )
        yield Contender(target, program.pid, server.program.pid)
