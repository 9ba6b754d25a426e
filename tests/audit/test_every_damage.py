"""Every kind of damage, at the first, the last and a middle row and on both sides of each border: the row is named.

The borders are those of the pages that are read together and of the rows that one checkpoint is about.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from idp.audit.checkpoint_sources import of_database
from idp.audit.signing import is_due
from idp.audit.upkeep import run_once
from idp.audit.verify import verify
from idp.audit.witness import Witness
from idp.storage import Database, Statement
from tests.audit.checkpoints import ISSUER, SIGNER, held_against, lines_of, sign_all
from tests.audit.conftest import refuse_often
from tests.audit.damages import (
    BY_HAND,
    DAMAGES,
    REBUILT,
    ByHand,
    Damage,
    Record,
    changed_places,
    cut_off,
    edited,
    first_bad_row,
    of_another_id,
    put_in,
)
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ROWS, PAGE, OF_A_CHECKPOINT = 24, 7, 5
STRUCK = (1, 2, 5, 6, 7, 8, 13, 14, 15, 20, 21, 23, 24)


@dataclass
class Watched:
    """A record that is sealed and signed, and the lines that somebody keeps elsewhere."""

    database: Database
    whole: Record
    lines: list[bytes]


@pytest.fixture
async def watched(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setattr("idp.audit.verify.PAGE", PAGE)
    monkeypatch.setattr("idp.audit.signing.MOST_ROWS", OF_A_CHECKPOINT)
    await database.run(refuse_often, clock, ROWS)
    await run_once(database, now=clock.now())
    await sign_all(database, now=clock.now())
    yield Watched(database, await database.read(Record.read), await lines_of(database))


async def test_an_untouched_record_holds(watched: Watched, clock: ManualClock) -> None:
    assert len(watched.lines) == 5
    await watched.database.run(watched.whole.write)
    verdict = await held_against(watched.database, watched.lines, now=clock.now())
    assert (verdict.holds, verdict.rows, verdict.bad_row, verdict.checkpoints) == (True, ROWS, None, 5)
    assert watched.whole.rebuilt() == watched.whole


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_the_chain_alone_names_the_row(watched: Watched, clock: ManualClock, damage: Damage) -> None:
    named = {}
    for position in STRUCK:
        await watched.database.run(watched.whole.damaged(damage, position).write)
        alone = await verify(watched.database, now=clock.now())
        beside = await held_against(watched.database, watched.lines, now=clock.now())
        named[position] = alone.bad_row, beside.bad_row
        assert str(alone.bad_row) in alone.fault
    assert named == {position: (first_bad_row(damage, position, ROWS),) * 2 for position in STRUCK}


@pytest.mark.parametrize("damage", REBUILT, ids=lambda damage: damage.__name__)
async def test_checkpoints_name_the_row_where_the_chain_was_made_anew(
    watched: Watched, clock: ManualClock, damage: Damage
) -> None:
    named = {}
    for position in STRUCK:
        await watched.database.run(watched.whole.damaged(damage, position).rebuilt().write)
        assert (await verify(watched.database, now=clock.now())).holds, "the chain itself cannot know"
        verdict = await held_against(watched.database, watched.lines, now=clock.now())
        assert not verdict.holds
        named[position] = verdict.bad_row
        assert verdict.fault.startswith(f"row {verdict.bad_row} ")
        assert f"checkpoint {-(-position // OF_A_CHECKPOINT)}" in verdict.fault or damage is cut_off
    assert named == {position: first_bad_row(damage, position, ROWS) for position in STRUCK}


@pytest.mark.parametrize("damage", [edited, of_another_id, changed_places, put_in], ids=lambda damage: damage.__name__)
async def test_a_chain_that_was_made_anew_only_in_part_is_named_where_it_began(
    watched: Watched, clock: ManualClock, damage: Damage
) -> None:
    """As far as the next page, say, or but for its end."""
    damaged = watched.whole.damaged(damage, 4).rebuilt()
    in_part = Record([*damaged.rows[:10], *watched.whole.rows[10:]], watched.whole.head)
    await watched.database.run(in_part.write)
    assert (await held_against(watched.database, watched.lines, now=clock.now())).bad_row == 4


async def test_a_tail_that_went_with_its_head_is_named(watched: Watched, clock: ManualClock) -> None:
    for position in STRUCK:
        cut = watched.whole.damaged(cut_off, position).ending_where_it_ends()
        await watched.database.run(cut.write)
        assert (await verify(watched.database, now=clock.now())).holds
        verdict = await held_against(watched.database, watched.lines, now=clock.now())
        assert verdict.bad_row == position
        assert verdict.fault.startswith(f"row {position} and everything after it up to row ")


async def test_a_head_that_was_moved_back_without_its_hash_is_named(watched: Watched, clock: ManualClock) -> None:
    cut = watched.whole.damaged(cut_off, 9)
    await watched.database.run(Record(cut.rows, cut.head | {"position": 8}).write)
    assert (await verify(watched.database, now=clock.now())).fault.startswith("row 8 is not the one that the chain")
    assert (await held_against(watched.database, watched.lines, now=clock.now())).bad_row == 9


async def test_a_row_that_was_put_before_the_first_is_named(watched: Watched, clock: ManualClock) -> None:
    for position in (0, -7):
        forged = watched.whole.rows[3] | {"id": UUID(int=9), "position": position}
        await watched.database.run(Record([*watched.whole.rows, forged], watched.whole.head).write)
        verdict = await verify(watched.database, now=clock.now())
        assert (verdict.bad_row, verdict.rows) == (position, 0)
        assert "before the first" in verdict.fault


@pytest.mark.parametrize(
    ("database_url", "damage"),
    [
        pytest.param(engine, damage, id=f"{engine}-{name}")
        for name, damage in BY_HAND.items()
        for engine in damage.engines
    ],
    indirect=["database_url"],
)
async def test_a_value_that_no_program_writes_is_named(watched: Watched, clock: ManualClock, damage: ByHand) -> None:
    await watched.database.run(lambda db: db.execute(Statement(damage.clause)))
    witness = Witness(of_database(watched.database), [SIGNER.key.public_key()], ISSUER)
    verdict = await verify(watched.database, now=clock.advance(minutes=2), witness=witness)
    assert not verdict.holds
    assert verdict.bad_row == damage.row
    assert (verdict.fault or verdict.checkpoint_fault).startswith(damage.says)
    assert await watched.database.read(is_due, now=clock.now()) is (damage.says == "the chain ends at no position")
