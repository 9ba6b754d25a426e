"""Whoever asks for the same thing at once gets it in order, and nobody waits for ever."""

import asyncio
from datetime import timedelta

import pytest

from idp.sign_in.turns import Turns

pytestmark = pytest.mark.anyio


async def test_so_many_at_a_time_in_order_of_arrival() -> None:
    turns, inside, seen, order = Turns(3, timedelta(seconds=5)), 0, [], []

    async def work(name: int) -> None:
        nonlocal inside
        async with turns.turn("key"):
            inside += 1
            seen.append(inside)
            order.append(name)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(name) for name in range(50)))
    assert max(seen) == 3
    assert order == list(range(50))


async def test_other_keys_do_not_wait() -> None:
    turns = Turns(1, timedelta(seconds=5))
    async with turns.turn("one"), turns.turn("other"):
        assert len(turns) == 2


async def test_nothing_is_kept_of_what_is_over() -> None:
    turns = Turns(1, timedelta(seconds=5))
    for number in range(100):
        async with turns.turn(str(number)):
            pass
    assert len(turns) == 0


async def test_whoever_waited_long_enough_goes_on_without_a_turn() -> None:
    turns = Turns(1, timedelta(milliseconds=10))
    async with turns.turn("key"):
        async with turns.turn("key"):
            reached = True
        # What was not taken was not given back.
        async with turns.turn("key"):
            assert reached


async def test_a_turn_ends_with_its_failure() -> None:
    turns = Turns(1, timedelta(seconds=5))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("key"):
                raise ZeroDivisionError
