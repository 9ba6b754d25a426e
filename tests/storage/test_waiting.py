"""One greenlet runs unit after unit."""

import asyncio
import gc
import weakref

import pytest

from idp.storage.waiting import Waiter, wait_for

pytestmark = pytest.mark.anyio


async def _later(value: object) -> object:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def _sum(*values: int) -> int:
    return sum(wait_for(_later(value)) for value in values)  # type: ignore[misc]


async def test_a_unit_waits_for_the_loop_and_the_next_one_follows() -> None:
    waiter = Waiter()
    assert await waiter.run(_sum, 1, 2, 3) == 6
    assert await waiter.run(_sum) == 0
    assert await waiter.run(_sum, 4) == 4


async def test_what_is_raised_gets_out_and_the_next_unit_runs() -> None:
    def catch() -> str:
        try:
            wait_for(_later(LookupError("inside")))
        except LookupError as error:
            return f"caught {error.args[0]}"
        return "nothing was raised"

    def fail() -> None:
        raise ZeroDivisionError

    waiter = Waiter()
    assert await waiter.run(catch) == "caught inside"
    with pytest.raises(ZeroDivisionError):
        await waiter.run(fail)
    with pytest.raises(LookupError, match="out"):
        await waiter.run(lambda: wait_for(_later(LookupError("out"))))
    assert await waiter.run(_sum, 5) == 5


async def test_cancelling_reaches_the_unit() -> None:
    waiter, seen = Waiter(), []

    def unit() -> None:
        try:
            wait_for(asyncio.sleep(60))
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    task = asyncio.create_task(waiter.run(unit))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled"]


async def test_two_waiters_take_turns() -> None:
    first, second = await asyncio.gather(Waiter().run(_sum, 1, 2), Waiter().run(_sum, 10, 20))
    assert (first, second) == (3, 30)


async def test_nothing_of_a_unit_is_held_afterwards() -> None:
    class Thing:
        pass

    waiter, thing = Waiter(), Thing()
    assert await waiter.run(lambda given: given, thing) is thing
    gone = weakref.ref(thing)
    del thing
    gc.collect()
    assert gone() is None


def test_outside_a_unit_there_is_nobody_to_wait() -> None:
    nothing = asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        wait_for(nothing)
    nothing.close()
