"""Names whose name servers are silent hold up no others."""

import asyncio
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from threading import Event

import pytest

from idp.outbound import Outbound, OutboundUnavailable
from idp.outbound.names import Names
from tests.support.small_server import Server

pytestmark = pytest.mark.anyio

HELD = 25  # a quarter of an `Outbound`'s connections


class Resolver:
    """The system's, where every name under `silent.example` hangs until it `answers`, and any other is loopback."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answers = Event()

    def __call__(self, host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        self.asked[host] += 1
        if host.endswith("silent.example"):
            self.answers.wait(30)
            raise socket.gaierror("no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    slow = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield slow
    slow.answers.set()


async def test_names_that_hang_hold_up_no_others(resolver: Resolver, server: Server) -> None:
    out = Outbound(allow=[f"portal.example:{server.port}"])
    dead = [asyncio.create_task(out.get(f"https://{n}.silent.example/", seconds=1)) for n in range(HELD - 1)]
    await asyncio.sleep(0.05)
    for _ in range(3):
        assert (await out.get(f"http://portal.example:{server.port}/", seconds=0.5)).status == 200
    assert all(isinstance(each, OutboundUnavailable) for each in await asyncio.gather(*dead, return_exceptions=True))
    await out.close()


async def test_whoever_asks_for_one_name_shares_one_look_up(resolver: Resolver) -> None:
    out = Outbound()
    for _ in range(3):
        calls = [out.get("https://silent.example/", seconds=0.05) for _ in range(HELD * 2)]
        await asyncio.gather(*calls, return_exceptions=True)
    assert resolver.asked == {"silent.example": 1}
    await out.close()


async def test_no_answer_is_kept(resolver: Resolver) -> None:
    names = Names(1)
    for _ in range(3):
        assert await names.addresses("portal.example") == ["127.0.0.1"]
    assert resolver.asked["portal.example"] == 3


async def test_when_all_places_are_held_nobody_waits_long_and_afterwards_they_are_free(resolver: Resolver) -> None:
    names = Names(2)
    dead = [asyncio.create_task(names.addresses(f"{n}.silent.example")) for n in range(2)]
    await asyncio.sleep(0.05)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await names.addresses("portal.example")
    assert time.monotonic() - began < 2
    assert await names.addresses("::1") == ["::1"], "an address is no name"
    resolver.answers.set()
    await asyncio.gather(*dead, return_exceptions=True)
    many = await asyncio.gather(*(names.addresses(f"portal-{n}.example") for n in range(20)))
    assert many == [["127.0.0.1"]] * 20


async def test_where_the_system_gives_no_thread_the_place_is_free_again(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(1)
    with monkeypatch.context() as exhausted:
        exhausted.setattr("threading.Thread.start", _refuse)
        for _ in range(2):
            with pytest.raises(OSError, match="no thread"):
                await names.addresses("portal.example")
    assert await names.addresses("portal.example") == ["127.0.0.1"]


def _refuse(_: object) -> None:
    raise RuntimeError("can't start new thread")


HANGS = """
import asyncio, socket, time
from idp.outbound import Outbound, OutboundUnavailable

socket.getaddrinfo = lambda *_, **__: time.sleep(60)

async def main():
    try:
        await Outbound().get("https://silent.example/", seconds=0.1)
    except OutboundUnavailable:
        print("given up")

asyncio.run(main())
"""


def test_a_process_ends_while_a_look_up_hangs() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == ("given up\n", "")
