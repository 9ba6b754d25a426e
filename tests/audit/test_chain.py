"""Every committed row gets one position, without a gap, whoever seals and whenever it commits."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from idp.audit import chainer
from idp.audit.chainer import ChainHeadMissing
from idp.audit.tables import audit_chain, audit_events
from idp.audit.upkeep import INTERVAL, run_once
from idp.audit.verify import verify
from idp.storage import Database, Statement, Unit
from tests.audit.conftest import Acts, refuse
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

POSITIONS = Statement(select(audit_events.c.position).order_by(audit_events.c.id))
SEALED_ROWS = Statement(select(func.count().label("rows")).where(audit_events.c.position.is_not(None)))
BEHEAD = Statement(delete(audit_chain))


async def positions(database: Database) -> list[int]:
    return [row.position for row in await database.read(lambda db: db.all(POSITIONS))]


def test_rows_are_sealed_within_a_second() -> None:
    assert timedelta(seconds=1) > INTERVAL


async def test_positions_follow_time(sealed: Database, clock: ManualClock, acts: Acts) -> None:
    await acts(5)
    assert await run_once(sealed, now=clock.now()) == 5
    assert await positions(sealed) == list(range(1, 16))
    assert (await verify(sealed, now=clock.now())).rows == 15


async def test_an_idle_provider_has_nothing_to_seal(sealed: Database, clock: ManualClock) -> None:
    assert await run_once(sealed, now=clock.now()) == 0
    assert (await verify(sealed, now=clock.now())).holds


async def test_an_empty_record_holds(database: Database, clock: ManualClock) -> None:
    verdict = await verify(database, now=clock.now())
    assert (verdict.holds, verdict.rows, verdict.unsealed) == (True, 0, 0)


async def test_many_rows_are_sealed_in_batches(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(db: Unit) -> None:
        for _ in range(2 * chainer.BATCH + 7):
            refuse(db, clock)

    await database.run(act)
    monkeypatch.setattr("idp.audit.verify.PAGE", 100)
    assert await run_once(database, now=clock.now()) == 2 * chainer.BATCH + 7
    verdict = await verify(database, now=clock.now())
    assert (verdict.rows, verdict.fault) == (2 * chainer.BATCH + 7, "")


async def test_a_row_that_commits_late_comes_later(database: Database, clock: ManualClock, acts: Acts) -> None:
    early = clock.now()
    await acts(3)
    await run_once(database, now=clock.now())
    late = ManualClock(early)
    await database.run(refuse, late)
    await run_once(database, now=clock.now())
    assert await positions(database) == [1, 4, 2, 3] or await positions(database) == [4, 1, 2, 3]
    assert (await verify(database, now=clock.now())).holds


async def test_nothing_is_left_out_while_workers_record_and_seal(
    database: Database, database_url: str, clock: ManualClock
) -> None:
    workers = [database, *[await Database.open(database_url) for _ in range(2)]]
    busy = True

    async def record_them(worker: Database) -> None:
        await asyncio.gather(*(worker.run(refuse, clock) for _ in range(100)))

    async def seal_them(worker: Database) -> int:
        total = 0
        while busy:
            total += await run_once(worker, now=clock.now())
            await asyncio.sleep(0)
        return total

    sealers = [asyncio.create_task(seal_them(worker)) for worker in workers for _ in range(2)]
    try:
        await asyncio.gather(*(record_them(worker) for worker in workers))
    finally:
        busy = False
        sealed = sum(await asyncio.gather(*sealers))
    sealed += await run_once(database, now=clock.now())
    assert sealed == 300
    assert sorted(await positions(database)) == list(range(1, 301))
    verdict = await verify(database, now=clock.now())
    assert (verdict.rows, verdict.fault) == (300, "")
    for other in workers[1:]:
        await other.close()


async def test_a_chain_that_is_verified_while_it_grows_holds(
    database: Database, clock: ManualClock, acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.verify.PAGE", 3)
    await acts(30)

    async def grow() -> None:
        for _ in range(10):
            await acts(3)
            await run_once(database, now=clock.now())

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert (await verify(database, now=clock.now())).fault == ""
    await growing


async def test_nothing_is_sealed_onto_a_chain_without_an_end(sealed: Database, clock: ManualClock, acts: Acts) -> None:
    await sealed.run(lambda db: db.execute(BEHEAD))
    await acts(1)
    with pytest.raises(ChainHeadMissing):
        await run_once(sealed, now=clock.now())
    (row,) = await sealed.read(lambda db: db.all(SEALED_ROWS))
    assert row.rows == 10
