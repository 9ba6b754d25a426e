"""Acts to record, and the chain over them."""

from collections.abc import Awaitable, Callable

import pytest

from idp.audit import record
from idp.audit.events import SignInRefused
from idp.audit.upkeep import run_once
from idp.storage import Database, Unit
from tests.support.clock import ManualClock

Acts = Callable[[int], Awaitable[None]]


def refuse(db: Unit, clock: ManualClock, reason: str = "wrong_password") -> None:
    """One act, a millisecond after the one before."""
    record(db, SignInRefused(method="password", reason=reason), now=clock.advance(seconds=0.001))


def refuse_often(db: Unit, clock: ManualClock, count: int) -> None:
    """So many acts in one transaction."""
    for _ in range(count):
        refuse(db, clock)


@pytest.fixture
def acts(database: Database, clock: ManualClock) -> Acts:
    """Record that many acts, each in its own transaction."""

    async def record_them(count: int) -> None:
        for _ in range(count):
            await database.run(refuse, clock)

    return record_them


@pytest.fixture
async def sealed(database: Database, clock: ManualClock, acts: Acts) -> Database:
    """Ten acts, sealed."""
    await acts(10)
    assert await run_once(database, now=clock.now()) == 10
    return database
