"""Waiting for what happens soon, by itself."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], *, within: float = 15) -> None:
    """Return as soon as it holds; an `AssertionError` when so many seconds have passed."""
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, f"not so within {within} s"
        time.sleep(0.1)
