"""Whoever edits the table is found, and the first bad row is named."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import delete, insert, select, update

from idp.audit.tables import audit_chain, audit_events
from idp.audit.verify import verify
from idp.storage import Database, Row, Statement, Unit
from tests.audit.conftest import Acts
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

c = audit_events.c


async def alter(database: Database, *clauses: Any) -> None:
    def act(db: Unit) -> None:
        for clause in clauses:
            db.execute(Statement(clause))

    await database.run(act)


async def row_at(database: Database, position: int) -> Row:
    search = Statement(select(audit_events).where(c.position == position))
    (row,) = await database.read(lambda db: db.all(search))
    return row


async def fault(database: Database, clock: ManualClock) -> tuple[int, str]:
    verdict = await verify(database, now=clock.now())
    assert not verdict.holds
    return verdict.rows, verdict.fault


@pytest.mark.parametrize(
    "edit",
    [
        {"details": orjson.dumps({"method": "password", "reason": "locked"}).decode()},
        {"event": "sign_in_succeeded"},
        {"account_id": UUID(int=9)},
        {"portal_id": UUID(int=9)},
        {"actor": "local_operator"},
        {"reference": "AAAA"},
        {"hash": bytes(32)},
        {"id": UUID(int=9)},
    ],
    ids=lambda edit: next(iter(edit)),
)
async def test_an_edited_row_is_named(sealed: Database, clock: ManualClock, edit: dict[str, Any]) -> None:
    await alter(sealed, update(audit_events).where(c.position == 4).values(**edit))
    good, said = await fault(sealed, clock)
    assert good == 3
    assert said.startswith("row 4 (")
    assert str((await row_at(sealed, 4)).id) in said


async def test_a_moved_time_is_named(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, update(audit_events).where(c.position == 4).values(at=clock.now()))
    assert (await fault(sealed, clock))[0] == 3


async def test_a_deleted_row_is_named(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_events).where(c.position == 4))
    good, said = await fault(sealed, clock)
    assert good == 3
    assert said.startswith("row 4 is gone: the next one is 5")


async def test_a_first_row_is_missed_too(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_events).where(c.position == 1))
    assert (await fault(sealed, clock))[1].startswith("row 1 is gone")


async def test_a_gap_that_was_closed_is_found(sealed: Database, clock: ManualClock) -> None:
    moves = [update(audit_events).where(c.position == place).values(position=place - 1) for place in range(5, 11)]
    await alter(sealed, delete(audit_events).where(c.position == 4), *moves)
    assert (await fault(sealed, clock))[0] == 3


async def test_two_rows_that_changed_places_are_found(sealed: Database, clock: ManualClock) -> None:
    first, second = await row_at(sealed, 4), await row_at(sealed, 7)
    await alter(
        sealed,
        update(audit_events).where(c.id == first.id).values(position=None),
        update(audit_events).where(c.id == second.id).values(position=4, hash=first.hash),
        update(audit_events).where(c.id == first.id).values(position=7, hash=second.hash),
    )
    assert (await fault(sealed, clock))[0] == 3


async def test_a_row_put_in_is_found(sealed: Database, clock: ManualClock) -> None:
    like = (await row_at(sealed, 10))._asdict()
    forged = like | {"id": UUID(int=9), "position": 11}
    await alter(sealed, insert(audit_events).values(**forged))
    assert (await fault(sealed, clock))[1] == "the chain ends at row 10, but there are rows up to 11"


async def test_a_tail_that_was_cut_off_is_found(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_events).where(c.position > 7))
    good, said = await fault(sealed, clock)
    assert good == 7
    assert said.startswith("row 8 and everything after it")


async def test_a_head_that_was_moved_back_is_found(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_events).where(c.position > 7), update(audit_chain).values(position=7))
    assert (await fault(sealed, clock))[1] == "row 7 is not the one that the chain ended with"


async def test_a_head_that_is_gone_is_found(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_chain))
    assert (await fault(sealed, clock))[1] == "the chain ends at row 0, but there are rows up to 10"


async def test_everything_gone_but_the_head_is_found(sealed: Database, clock: ManualClock) -> None:
    await alter(sealed, delete(audit_events))
    assert (await fault(sealed, clock))[1].startswith("row 1 and everything after it")


async def test_a_chainer_that_does_not_run_is_noticed(sealed: Database, clock: ManualClock, acts: Acts) -> None:
    await acts(3)
    assert (await verify(sealed, now=clock.now())).unsealed == 0
    assert (await verify(sealed, now=clock.advance(minutes=2))).unsealed == 3
