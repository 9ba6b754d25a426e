"""Used proofs are remembered for as long as they could be used again, and forgotten a table at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, union_all

from idp.storage import Database, Statement, Unit
from idp.tokens.tables import dpop_proofs
from idp.tokens.used_proofs import SLOT_SECONDS, ProofUse, empty_quiet
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

KEPT = Statement(
    select(func.count().label("number")).select_from(
        union_all(*(select(table.c.digest) for table in dpop_proofs)).subquery()
    )
)


def _count(db: Unit) -> int:
    row = db.one(KEPT)
    return int(row.number) if row else 0


def _use(clock: ManualClock, jti: str = "one") -> ProofUse:
    return ProofUse("thumbprint", jti, clock.now().timestamp())


async def test_a_second_use_is_known_by_whichever_way_it_comes(database: Database, clock: ManualClock) -> None:
    use = _use(clock)
    assert await use.spend_alone(database)
    assert not await use.spend_alone(database)
    assert not await database.run(use.spend)
    assert await database.run(ProofUse("another", "one", use.made_at).spend)
    assert await database.run(_use(clock, "two").spend)


async def test_it_is_known_as_long_as_it_could_come_again(database: Database, clock: ManualClock) -> None:
    for second in range(0, 4 * SLOT_SECONDS, 30):
        use = _use(clock, f"at {second}")
        assert await use.spend_alone(database)
        for _ in range(3):
            clock.advance(seconds=10)
            await empty_quiet(database, now=clock.now())
            assert not await use.spend_alone(database), second


async def test_what_is_over_goes(database: Database, clock: ManualClock) -> None:
    for number in range(50):
        assert await _use(clock, str(number)).spend_alone(database)
    assert await database.read(_count) == 50
    for _ in range(30):
        clock.advance(minutes=1)
        await empty_quiet(database, now=clock.now())
    assert await database.read(_count) == 0
    assert not await empty_quiet(database, now=clock.now() + timedelta(minutes=1))


async def test_a_clock_that_is_set_back_lets_no_proof_in_again(database: Database, clock: ManualClock) -> None:
    """I-19: what was used stays used, whatever the hour."""
    use = _use(clock)
    assert await use.spend_alone(database)
    clock.advance(minutes=4)
    await empty_quiet(database, now=clock.now())
    clock.advance(minutes=-4)
    await empty_quiet(database, now=clock.now())
    assert not await use.spend_alone(database)
