"""A lane takes so many wrong tries and not one more, whatever runs at once; right ones are never what fills it."""

import asyncio
import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.errors import Refusal
from idp.sealing import Keyring, MasterKey
from idp.sign_in import throttling
from idp.sign_in.lanes import ADDRESS, PASSWORD, SENDING
from idp.sign_in.tables import throttles
from idp.sign_in.throttling import Lane, Rule, Ticket, TooManyInARow, TooManyTries, TriesInFlight
from idp.sign_in.upkeep import SWEEPS
from idp.storage import Database
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio

LANE = Lane(PASSWORD, b"n" * 32)
OTHER = Lane(PASSWORD, b"o" * 32)


class Door:
    """Tries at one lane."""

    def __init__(self, database: Database, clock: ManualClock, lane: Lane = LANE, *, at_once: bool = False) -> None:
        self.database = database
        self.clock = clock
        self.lane = lane
        self.at_once = at_once

    async def admit(self) -> Ticket:
        if self.at_once:
            ticket = await throttling.admit_at_once(self.database, self.lane, now=self.clock.now())
            if ticket is not None:
                return ticket
        return await self.database.run(throttling.admit, self.lane, now=self.clock.now())

    async def refusal(self) -> Refusal:
        with pytest.raises(Refusal) as refused:
            await self.admit()
        return refused.value

    async def wrong(self, times: int = 1) -> None:
        for _ in range(times):
            await self.database.run(throttling.failed, await self.admit())

    async def right(self) -> None:
        await self.database.run(throttling.succeeded, await self.admit())


@pytest.fixture(params=[False, True], ids=["in-a-unit", "at-once"])
def door(database: Database, clock: ManualClock, request: pytest.FixtureRequest) -> Door:
    return Door(database, clock, at_once=request.param)


async def test_ten_wrong_tries_close_a_window_and_its_end_opens_it(door: Door, clock: ManualClock) -> None:
    await door.wrong()
    clock.advance(minutes=5)
    await door.wrong(9)
    refusal = await door.refusal()
    assert type(refusal) is TooManyTries
    assert (refusal.reason, refusal.retry_after) == ("password", timedelta(minutes=10))
    clock.advance(minutes=10)
    await door.wrong()


async def test_a_lane_is_not_closed_by_another(door: Door, database: Database, clock: ManualClock) -> None:
    await door.wrong(10)
    await Door(database, clock, OTHER).wrong(10)


async def test_windows_double_while_they_are_used_up_until_a_day(door: Door, clock: ManualClock) -> None:
    lengths = []
    for _ in range(9):
        await door.wrong(10)
        refusal = await door.refusal()
        assert refusal.retry_after is not None
        lengths.append(refusal.retry_after / timedelta(minutes=1))
        clock.advance(seconds=refusal.retry_after.total_seconds())
    assert lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


async def test_a_window_that_was_not_used_up_ends_the_doubling(door: Door, clock: ManualClock) -> None:
    await door.wrong(10)
    clock.advance(minutes=15)
    await door.wrong(9)
    clock.advance(minutes=30)
    await door.wrong(10)
    assert (await door.refusal()).retry_after == timedelta(minutes=15)


async def test_right_tries_never_fill_a_lane(door: Door) -> None:
    await door.wrong(9)
    for _ in range(60):
        await door.right()
    await door.wrong()
    assert type(await door.refusal()) is TooManyTries


async def test_a_right_try_ends_neither_the_window_nor_the_doubling(door: Door, clock: ManualClock) -> None:
    await door.wrong(10)
    clock.advance(minutes=15)
    await door.right()
    await door.wrong(10)
    assert (await door.refusal()).retry_after == timedelta(minutes=30)
    clock.advance(minutes=30)
    await door.right()
    await door.wrong(10)
    assert (await door.refusal()).retry_after == timedelta(hours=1)


async def test_tries_on_their_way_are_waited_for(door: Door, database: Database) -> None:
    tickets = [await door.admit() for _ in range(10)]
    assert type(await door.refusal()) is TriesInFlight
    await database.run(throttling.succeeded, tickets[0])
    tickets[0] = await door.admit()
    for ticket in tickets:
        await database.run(throttling.failed, ticket)
    assert type(await door.refusal()) is TooManyTries


async def test_a_try_that_was_never_settled_stays_counted(door: Door, clock: ManualClock) -> None:
    await door.admit()
    await door.wrong(9)
    assert type(await door.refusal()) is TriesInFlight
    clock.advance(minutes=15)
    await door.wrong(10)
    assert type(await door.refusal()) is TooManyTries


async def test_a_try_that_was_not_checked_is_given_back(door: Door, database: Database) -> None:
    for _ in range(120):
        await database.run(throttling.give_back, await door.admit())
    await door.wrong(10)


async def test_a_try_is_settled_in_its_own_window_only(door: Door, database: Database, clock: ManualClock) -> None:
    late = await door.admit()
    clock.advance(minutes=15)
    await door.wrong(9)
    await database.run(throttling.failed, late)
    await database.run(throttling.give_back, late)
    await database.run(throttling.succeeded, late)
    await door.wrong()
    assert type(await door.refusal()) is TooManyTries


async def test_a_hundred_tries_in_a_row_close_a_lane_until_the_person_is_there(
    door: Door, database: Database, clock: ManualClock
) -> None:
    for _ in range(10):
        await door.wrong(10)
        clock.advance(days=1)
    refusal = await door.refusal()
    assert (type(refusal), refusal.retry_after) == (TooManyInARow, None)
    clock.advance(days=29)
    assert type(await door.refusal()) is TooManyInARow
    await database.run(throttling.forgive, LANE)
    await door.wrong(10)


async def test_a_right_try_begins_the_row_anew(door: Door, clock: ManualClock) -> None:
    for _ in range(12):
        await door.wrong(9)
        clock.advance(days=1)
        await door.right()


async def test_of_many_at_once_exactly_ten_are_let_through(door: Door) -> None:
    outcomes = await asyncio.gather(*(door.admit() for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, Ticket) for outcome in outcomes) == 10
    assert sum(type(outcome) is TriesInFlight for outcome in outcomes) == 40


async def test_many_wrong_ones_at_once_are_ten_at_most(door: Door, database: Database) -> None:
    async def guess() -> bool:
        try:
            await door.wrong()
        except TooManyTries:
            return False
        return True

    assert sum(await asyncio.gather(*(guess() for _ in range(50)))) == 10


async def test_what_is_taken_is_never_given_back(database: Database, clock: ManualClock) -> None:
    lane = Lane(SENDING, b"s" * 32)
    for _ in range(SENDING.most):
        await database.run(throttling.take, lane, now=clock.now())
    with pytest.raises(TooManyTries) as refused:
        await database.run(throttling.take, lane, now=clock.now())
    assert type(refused.value) is TooManyTries
    assert refused.value.retry_after == SENDING.window


async def test_an_address_is_closed_by_wrong_tries_alone(database: Database, clock: ManualClock) -> None:
    lane = Lane(ADDRESS, b"a" * 32)
    for _ in range(ADDRESS.most + 20):
        await database.run(throttling.count_wrong, lane, now=clock.now())
    with pytest.raises(TooManyTries):
        await database.run(throttling.refuse_when_full, lane, now=clock.now())
    clock.advance(minutes=10)
    await database.run(throttling.refuse_when_full, lane, now=clock.now())


async def test_rows_go_a_month_after_their_window(door: Door, database: Database, clock: ManualClock) -> None:
    [sweep] = [sweep for sweep in SWEEPS if sweep.table is throttles]
    await door.wrong()
    clock.advance(days=30)
    assert await sweep.run_once(database, now=clock.now()) == 0
    clock.advance(minutes=16)
    assert await sweep.run_once(database, now=clock.now()) == 1


async def test_a_lane_cannot_be_read_and_differs_by_rule(database: Database, clock: ManualClock) -> None:
    keyring = await Keyring.unlock(database, MasterKey(secrets.token_bytes(32)), now=clock.now())
    number = "003190000001"
    keys = {Lane.of(rule, keyring, number).key for rule in (PASSWORD, ADDRESS, SENDING)}
    assert len(keys) == 3
    assert all(len(key) == 32 and number.encode() not in key for key in keys)


@given(
    most=st.integers(1, 1000),
    minutes=st.integers(1, 60),
    factor=st.integers(1, 200),
)
def test_windows_never_shrink_and_never_pass_the_longest(most: int, minutes: int, factor: int) -> None:
    window = timedelta(minutes=minutes)
    ends = list(Rule("any", most=most, window=window, longest=window * factor).ends(START).values())
    assert ends == sorted(ends)
    assert ends[0] == START + window
    assert max(ends) <= START + window * factor
