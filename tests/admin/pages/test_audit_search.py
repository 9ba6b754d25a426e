"""How far one page of a search goes through the record. It is read where nothing can be written."""

from datetime import timedelta

import pytest

from idp.admin.operating.audit_search import USUAL, Search, search_record
from idp.audit import LOCAL_OPERATOR, record
from idp.audit.events import LookedUpInBulk, SignInRefused
from idp.audit.upkeep import run_once
from idp.storage import Database, Unit
from idp.storage.identifiers import new_id
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio

RARE = LookedUpInBulk.name
ROWS, EVERY = 40, timedelta(minutes=10)
ALICE = new_id(START)


def happen(db: Unit, clock: ManualClock) -> None:
    """Forty rows, one in ten minutes; the seventh and the last but nine are rare ones."""
    for position in range(1, ROWS + 1):
        event = LookedUpInBulk(30) if position in (7, 31) else SignInRefused("password", "wrong_password")
        record(db, event, actor=LOCAL_OPERATOR, account_id=ALICE, now=clock.advance(seconds=EVERY.total_seconds()))


@pytest.fixture
async def sealed(database: Database, clock: ManualClock) -> Database:
    await database.run(happen, clock)
    assert await run_once(database, now=clock.now()) == ROWS
    return database


async def looks(database: Database, clock: ManualClock, search: Search, **most: int) -> tuple[list[int], int | None]:
    """Positions of what one page finds, and where the next goes on."""
    found, before = await database.read(search_record, search, **most, now=clock.now())
    return [each.position for each in found], before


async def test_a_page_looks_through_so_many_rows_and_says_where_the_next_goes_on(
    sealed: Database, clock: ManualClock
) -> None:
    pages: list[list[int]] = []
    before = None
    while not pages or before is not None:
        found, before = await looks(sealed, clock, Search(event=RARE, before=before), at_most=15)
        pages.append(found)
    assert pages == [[31], [], [7]]


async def test_a_full_page_goes_on_after_its_last_row(sealed: Database, clock: ManualClock) -> None:
    assert await looks(sealed, clock, Search(actor=LOCAL_OPERATOR), at_once=4) == ([40, 39, 38, 37], 37)
    assert await looks(sealed, clock, Search(before=3), at_once=4) == ([2, 1], None)
    assert await looks(sealed, clock, Search(before=1)) == ([], None)


async def test_nothing_before_the_time_that_is_asked_for_is_looked_through(
    sealed: Database, clock: ManualClock
) -> None:
    since, until = START + 20 * EVERY, START + 25 * EVERY
    assert await looks(sealed, clock, Search(since=since, until=until), at_most=6) == ([24, 23, 22, 21, 20], None)
    assert await looks(sealed, clock, Search(event=RARE, since=since), at_most=21) == ([31], None)
    assert await looks(sealed, clock, Search(event=RARE, until=until), at_most=1000) == ([7], None)
    assert await looks(sealed, clock, Search(since=until, until=since)) == ([], None)


async def test_an_end_alone_means_thirty_days_before_it(sealed: Database, clock: ManualClock) -> None:
    clock.advance(seconds=(3 * USUAL).total_seconds())
    assert await looks(sealed, clock, Search()) == ([], None)
    assert await looks(sealed, clock, Search(until=START + 3 * EVERY)) == ([2, 1], None)
    assert await looks(sealed, clock, Search(until=clock.now() + USUAL)) == ([], None)


async def test_what_an_index_finds_is_found_however_far_back(sealed: Database, clock: ManualClock) -> None:
    clock.advance(seconds=(3 * USUAL).total_seconds())
    assert await looks(sealed, clock, Search(account=ALICE, event=RARE), at_most=1) == ([31, 7], None)
    assert await looks(sealed, clock, Search(account=ALICE, event=RARE, before=31), at_most=1) == ([7], None)
    since = START + 8 * EVERY
    assert await looks(sealed, clock, Search(account=ALICE, event=RARE, since=since)) == ([31], None)


async def test_an_empty_record_is_searched(database: Database, clock: ManualClock) -> None:
    assert await looks(database, clock, Search()) == ([], None)
