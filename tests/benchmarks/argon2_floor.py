"""Bare argon2id at the provider's parameters: what a password sign-in cannot cost less than."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret, verify_secret

MEMORY_KIBIBYTES = 19 * 1024
PASSES = 2
LANES = 1
PASSWORD = "một mật khẩu đủ dài để thử".encode()


@dataclass(frozen=True)
class Rate:
    """Verifications a second over all threads, and processor milliseconds of one."""

    per_second: float
    processor_ms: float


def verifications(*, threads: int, seconds: float = 3) -> Rate:
    """Verify one right password again and again on that many threads."""
    hashed = hash_secret(
        PASSWORD,
        b"a salt of 16 b..",
        time_cost=PASSES,
        memory_cost=MEMORY_KIBIBYTES,
        parallelism=LANES,
        hash_len=32,
        type=Type.ID,
    )
    processor, start = time.process_time(), time.perf_counter()

    def one_thread(_: int) -> int:
        count = 0
        while time.perf_counter() - start < seconds:
            verify_secret(hashed, PASSWORD, Type.ID)
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        count = sum(pool.map(one_thread, range(threads)))
    taken = time.perf_counter() - start
    return Rate(count / taken, (time.process_time() - processor) / count * 1000)
