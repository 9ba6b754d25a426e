"""An assertion is good once, for as long as it could come again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from idp.portals.assertions import spend_assertion
from idp.portals.tables import client_assertions
from idp.portals.upkeep import SWEEPS
from idp.storage import Database, Statement
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ONE, OTHER = UUID(int=1), UUID(int=2)
ROWS = Statement(select(client_assertions))


async def spend(
    database: Database, clock: ManualClock, portal: UUID = ONE, jti: str = "j", *, lives: float = 60
) -> bool:
    expires_at = clock.now() + timedelta(seconds=lives)
    return await database.run(spend_assertion, portal, jti, expires_at=expires_at, now=clock.now())


async def test_an_assertion_is_good_once(database: Database, clock: ManualClock) -> None:
    assert await spend(database, clock)
    assert not await spend(database, clock)
    assert not await spend(database, clock, lives=3600)
    assert await spend(database, clock, OTHER)
    assert await spend(database, clock, jti="J")


@pytest.mark.parametrize("jti", ["", "x" * 8000, "đ\0", "\ud800"])
async def test_a_jti_is_any_text(database: Database, clock: ManualClock, jti: str) -> None:
    assert await spend(database, clock, jti=jti)
    assert not await spend(database, clock, jti=jti)


async def test_of_many_at_once_one_is_taken(database: Database, clock: ManualClock) -> None:
    assert sum(await asyncio.gather(*(spend(database, clock) for _ in range(50)))) == 1


async def test_it_is_remembered_until_nobody_takes_it_any_more(database: Database, clock: ManualClock) -> None:
    await spend(database, clock, lives=60)
    await spend(database, clock, jti="late", lives=-9)
    [sweep] = SWEEPS
    assert await sweep.run_once(database, now=clock.advance(seconds=59)) == 0
    assert await sweep.run_once(database, now=clock.advance(seconds=2)) == 1
    assert await sweep.run_once(database, now=clock.advance(seconds=60)) == 1
    assert await database.read(lambda db: db.all(ROWS)) == []
