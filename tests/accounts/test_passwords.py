"""Passwords are checked beside the event loop, a bounded number at a time, and alike for those who have none."""

import asyncio
import threading
import unicodedata
from typing import Literal
from uuid import UUID

import pytest
from argon2 import PasswordHasher, Type

from idp import accounts
from idp.accounts.argon2id import HASHER
from idp.accounts.passwords import (
    Lane,
    Passwords,
    PasswordsBusy,
    StoredPassword,
    rehash,
    set_password,
    stored_password,
)
from idp.register.person import Person
from idp.sealing import Keyring
from idp.storage import Database
from tests.accounts.conftest import HASH
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


async def test_the_right_password_and_no_other_matches(passwords: Passwords) -> None:
    stored = await passwords.make("xe đạp đỏ bên hồ")
    assert await passwords.verify(stored, "xe đạp đỏ bên hồ")
    for other in ("Xe đạp đỏ bên hồ", "xe đạp đỏ bên hồ ", "xe dap do ben ho", "", "\x00", "\ud800"):
        assert not await passwords.verify(stored, other)


async def test_composed_and_decomposed_letters_are_one_password(passwords: Passwords) -> None:
    composed = unicodedata.normalize("NFC", "Đường Trường Sơn hữu tình")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert await passwords.verify(await passwords.make(decomposed), composed)
    assert await passwords.verify(await passwords.make(composed), decomposed)


async def test_the_whole_of_a_long_password_counts(passwords: Passwords) -> None:
    long = "ă" * 127
    stored = await passwords.make(long + "b")
    assert await passwords.verify(stored, long + "b")
    assert not await passwords.verify(stored, long + "c")


async def test_without_a_stored_password_the_work_is_the_same_and_nothing_matches() -> None:
    class Counting(PasswordHasher):
        checked: list[str] = []

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  (argon2's own signature)
            self.checked.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    lane = Lane(1)
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(lane, hasher)
    assert not await passwords.verify(await passwords.make("a"), "b")
    assert not await passwords.verify(None, "b")
    known, unknown = hasher.checked
    assert known == unknown  # the algorithm and its parameters
    lane.close()


def test_the_parameters_are_those_of_the_design() -> None:
    assert (HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism) == (19 * 1024, 2, 1)
    assert HASHER.type is Type.ID
    assert HASHER.salt_len >= 16


async def test_beyond_a_short_queue_people_are_asked_to_come_back() -> None:
    lane = Lane(1, waiting=1)
    free = threading.Event()
    tasks = [asyncio.create_task(lane.run(free.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy) as refused:
        await lane.run(free.wait)
    assert refused.value.retry_after is not None
    free.set()
    assert all(await asyncio.gather(*tasks))
    assert await lane.run(free.wait)
    lane.close()


async def test_those_who_left_the_queue_make_room() -> None:
    lane = Lane(1, waiting=1)
    free = threading.Event()
    first = asyncio.create_task(lane.run(free.wait))
    second = asyncio.create_task(lane.run(free.wait))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    third = asyncio.create_task(lane.run(free.wait))
    await asyncio.sleep(0)
    free.set()
    assert await first
    assert await third
    lane.close()


@pytest.mark.parametrize(("cores", "workers", "threads"), [(2, 1, 2), (8, 2, 4), (2, 2, 1), (1, 1, 1), (4, 1000, 1)])
async def test_a_worker_gets_its_share_of_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, threads: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    lane, free = Lane.for_workers(workers), threading.Event()
    begun = threading.Semaphore(0)

    def work() -> None:
        begun.release()
        free.wait()

    tasks = [asyncio.create_task(lane.run(work)) for _ in range(threads + 1)]
    await asyncio.sleep(0)
    try:
        assert all(begun.acquire(timeout=5) for _ in range(threads))
        assert not begun.acquire(timeout=0.05)
    finally:
        free.set()
    await asyncio.gather(*tasks)
    lane.close()


@pytest.fixture
async def account_id(database: Database, keyring: Keyring, clock: ManualClock, person: Person) -> UUID:
    return (await database.run(accounts.create, keyring, person, password_hash=HASH, now=clock.now())).id


async def test_a_new_password_is_a_new_version(database: Database, clock: ManualClock, account_id: UUID) -> None:
    assert await database.run(set_password, account_id, "second", now=clock.now()) == 2
    assert await database.read(stored_password, account_id) == StoredPassword(2, "second")
    assert "second" not in repr(StoredPassword(2, "second"))
    assert await database.read(stored_password, UUID(int=9)) is None


async def test_a_password_is_hashed_anew_when_the_parameters_change(
    database: Database, passwords: Passwords, account_id: UUID, clock: ManualClock
) -> None:
    assert passwords.outdated(HASHER.hash("a"))
    fresh = await passwords.make("a")
    assert not passwords.outdated(fresh)
    assert await database.run(rehash, account_id, 1, fresh)
    assert await database.read(stored_password, account_id) == StoredPassword(1, fresh)
    await database.run(set_password, account_id, "changed meanwhile", now=clock.now())
    assert not await database.run(rehash, account_id, 1, fresh)
