"""Where paths are found and lists are read: threads of their own with short queues, which hold nobody else up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from idp.pki.refusals import CertificatesBusy

R = TypeVar("R")

MOST_INSIDE: Final = 64
"""With a few milliseconds each, the last of them waits a quarter of a second."""


class Lane:
    """One thread, because its work is pure Python: a second one would only take turns with the first."""

    def __init__(self, most_inside: int = MOST_INSIDE) -> None:
        self._most = most_inside
        self._inside = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="certificates")

    async def run(self, work: Callable[[], R]) -> R:
        """Do it on the thread; raises `CertificatesBusy` at once when too many wait."""
        if self._inside >= self._most:
            raise CertificatesBusy
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self._thread.shutdown(cancel_futures=True)
