"""Plain functions whose statements wait on the event loop: a greenlet that runs one unit after another.

A new greenlet for each unit, which is what SQLAlchemy's `greenlet_spawn` makes, asks the kernel for its stack and gives
it back each time, and stands in line for that behind every password that is being hashed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

R = TypeVar("R")


@dataclass(slots=True)
class _Done:
    """How a unit ended."""

    value: Any = None
    error: BaseException | None = None


class Waiter:
    """Runs units, one at a time. One that was broken off in the middle of a unit is not used again."""

    def __init__(self) -> None:
        self._greenlet = greenlet(_serve)
        self._greenlet.switch()  # to where it waits for its first unit

    async def run(self, unit: Callable[..., R], *args: Any) -> R:
        """Run `unit`; whatever it gives to `wait_for` is awaited here."""
        runner = self._greenlet
        runner.parent = getcurrent()
        said = runner.switch(unit, args)
        while not isinstance(said, _Done):
            try:
                value = await said
            except BaseException as error:
                said = runner.throw(error)
            else:
                said = runner.switch(value)
        result, failure = said.value, said.error
        said.value = said.error = None  # the greenlet holds `said` until its next unit
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # which holds this frame, and the frame would hold it
        return cast(R, result)


def wait_for(awaitable: Awaitable[R]) -> R:
    """From inside a unit: the outcome of something that must be awaited."""
    parent = getcurrent().parent
    if parent is None:
        raise RuntimeError("statements run inside a unit of work")
    outcome: R = parent.switch(awaitable)
    return outcome


def _serve() -> None:
    done = None
    while True:
        parent = getcurrent().parent
        assert parent is not None
        unit, args = parent.switch(done)
        done = _attempt(unit, args)
        del unit, args  # not held while the next is waited for


def _attempt(unit: Callable[..., Any], args: tuple[Any, ...]) -> _Done:
    try:
        return _Done(unit(*args))
    except GreenletExit:
        raise  # the connection is gone, and this greenlet with it
    except BaseException as error:
        return _Done(error=error)
