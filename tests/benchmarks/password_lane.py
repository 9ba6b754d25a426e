"""Password sign-ins a second through the front door, beside bare argon2id at the same parameters and cores."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.processor_time import processor_seconds


@dataclass(frozen=True)
class Visit:
    """What it takes to post one password: the path, the body, and the cookies that go with it."""

    path: str
    body: bytes
    cookie: str


@dataclass(frozen=True)
class PasswordRate:
    """Sign-ins a second, and the provider's processor milliseconds for each."""

    per_second: float
    processor_ms: float


async def drive(host: str, port: int, visits: Sequence[Visit], pid: int, *, connections: int) -> PasswordRate:
    """Post every visit once, `connections` at a time. Anything but a redirect (the password was right) ends it."""
    waiting = list(visits)
    used, began = processor_seconds(pid), time.perf_counter()
    await asyncio.gather(*(_work(host, port, waiting) for _ in range(connections)))
    seconds = time.perf_counter() - began
    return PasswordRate(len(visits) / seconds, (processor_seconds(pid) - used) / len(visits) * 1000)


async def _work(host: str, port: int, waiting: list[Visit]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while waiting:
            answer = await answer_of(reader, writer, host, waiting.pop())
            if not answer.startswith(b"HTTP/1.1 303"):
                raise RuntimeError(answer[:200].decode(errors="replace"))
    finally:
        writer.close()


async def answer_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, visit: Visit) -> bytes:
    """Send one, and give the head of the answer; its body is read."""
    head = (
        f"POST {visit.path} HTTP/1.1\r\nHost: {host}\r\nCookie: {visit.cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(visit.body)}\r\n\r\n"
    )
    writer.write(head.encode() + visit.body)
    answer = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(_length(answer))
    return answer


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
