"""A gateway that fails in every way, workers that are killed, and what is left behind: no second text, no secret."""

import asyncio
import logging
import secrets
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from idp.notices import queue
from idp.notices.drivers import HttpGateway, KannelGateway
from idp.notices.sending import LANES
from idp.notices.upkeep import run_once
from idp.outbound import Outbound
from idp.sealing import Keyring, MasterKey, Secret
from idp.storage import Database
from tests.notices.gateway import CUT, GARBAGE, HANG, TAKE, Gateway, gateway
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

TEXT = "Mã đăng nhập của bạn là 482913."
MASTER = secrets.token_bytes(32)


@pytest.fixture
def master() -> MasterKey:
    return MasterKey(MASTER)


@pytest.fixture
async def remote() -> AsyncIterator[Gateway]:
    async with gateway() as served:
        yield served


class Provider:
    """This process's share of the work: it queues, and it may send too."""

    def __init__(self, database: Database, keyring: Keyring, clock: ManualClock, url: str) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock
        self.outbound = Outbound(allow=[urlsplit(url).netloc])
        self.http = HttpGateway(self.outbound, url=url, user="", password=Secret("khóa-bí-mật"), sender="DinhDanh")
        self.kannel = KannelGateway(self.outbound, url=url, user="op", password=Secret("khóa-bí-mật"), sender="DD")

    async def put(self, number: int) -> UUID:
        to = f"+849123{number:05}"
        return await self.database.run(queue, self.keyring, to=to, text=TEXT, now=self.clock.now())

    async def send(self, sender: HttpGateway | KannelGateway | None = None) -> int:
        return await run_once(self.database, self.keyring, sender or self.http, clock=self.clock)


@pytest.fixture
async def provider(
    database: Database, keyring: Keyring, clock: ManualClock, remote: Gateway
) -> AsyncIterator[Provider]:
    made = Provider(database, keyring, clock, remote.url)
    yield made
    await made.outbound.close()


@asynccontextmanager
async def worker(database_url: str, remote: Gateway, clock: ManualClock) -> AsyncIterator[Process]:
    """A worker for the length of an `async with`; killed at its end at the latest."""
    words = (database_url, MASTER.hex(), remote.url, clock.now().isoformat())
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.notices.worker", *words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def taken(remote: Gateway) -> list[str]:
    return [request.json()["id"] for request in remote.requests]


async def test_a_worker_killed_in_a_call_leaves_no_second_text(
    provider: Provider, remote: Gateway, database_url: str
) -> None:
    notice = await provider.put(1)
    remote.behaviour = HANG
    async with worker(database_url, remote, provider.clock):
        await remote.called.wait()
    remote.behaviour = TAKE
    remote.opened.set()
    for _ in range(3):
        provider.clock.advance(hours=1)
        assert await provider.send() == 0
    assert taken(remote) == [str(notice)]


async def killed_again_and_again(provider: Provider, remote: Gateway, database_url: str, kills: int) -> None:
    """Kill workers in the middle of sending, finish, and count: none twice, and few lost."""
    queued = [str(await provider.put(number)) for number in range(kills * 20)]
    for _ in range(kills):
        remote.called.clear()
        async with worker(database_url, remote, provider.clock) as running:
            await remote.called.wait()
            await asyncio.sleep(secrets.randbelow(30) / 1000)
            running.kill()
    while await provider.send():
        provider.clock.advance(seconds=1)
    arrived = taken(remote)
    assert len(arrived) == len(set(arrived))
    assert set(arrived) <= set(queued)
    assert len(arrived) >= len(queued) - kills * LANES


async def test_killed_workers_never_send_twice(provider: Provider, remote: Gateway, database_url: str) -> None:
    await killed_again_and_again(provider, remote, database_url, kills=3)


@pytest.mark.long
async def test_workers_killed_forty_times_never_send_twice(
    provider: Provider, remote: Gateway, database_url: str
) -> None:
    await killed_again_and_again(provider, remote, database_url, kills=40)


async def test_workers_side_by_side_never_send_twice(provider: Provider, remote: Gateway, database_url: str) -> None:
    queued = []
    async with worker(database_url, remote, provider.clock), worker(database_url, remote, provider.clock):
        await provider.put(0)
        # From now on a worker runs; what is queued meanwhile, three senders reach for.
        await remote.called.wait()
        for number in range(1, 80):
            queued.append(str(await provider.put(number)))
            await provider.send()
        async with asyncio.timeout(20):
            while len(remote.requests) < 80:
                await asyncio.sleep(0.01)
    assert sorted(taken(remote)[1:]) == sorted(queued)


async def test_a_gateway_that_comes_back_gets_what_waited(provider: Provider, remote: Gateway) -> None:
    for number in range(20):
        await provider.put(number)
    remote.behaviour = 503
    for _ in range(4):
        await provider.send()
        provider.clock.advance(minutes=5)
    remote.behaviour = TAKE
    before = len(remote.requests)
    assert await provider.send() == 20
    assert len(set(taken(remote)[before:])) == 20


async def test_no_log_line_holds_number_text_or_key(
    provider: Provider, remote: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.notices.drivers.posting.SECONDS", 0.1)
    caplog.set_level(logging.DEBUG)
    number = 0
    with capture_logs() as lines:
        for sender in (provider.http, provider.kannel):
            for behaviour in (TAKE, 302, 403, 429, 500, 503, CUT, GARBAGE, HANG):
                number += 1
                remote.behaviour = behaviour
                await provider.put(number)
                await provider.send(sender)
    assert {line["event"] for line in lines} == {"notice_not_sent"}
    logged = caplog.text + repr(lines)
    for secret in ("482913", "912300", "khóa-bí-mật", "Mã đăng nhập", remote.url):
        assert secret not in logged
