"""Several serving processes on one port, and the parent that keeps their number.

uvicorn has such a parent too. It asks its workers over pipes of which every process holds both ends, so nobody notices
when one side is gone: a worker that was killed while it was asked was missed for a minute, and workers whose parent was
killed lived on, with the port and their timers. Here the kernel tells, on both sides and at once.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

import structlog
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE

log = structlog.get_logger()
_spawn = multiprocessing.get_context("spawn")

_LOOKS_EVERY: Final = 0.5  # seconds: how long a signal may go unseen; the death of a worker is seen at once
_BETWEEN_STARTS: Final = 1.0  # seconds, when a worker could not even start: its database may be away for a moment


class Workers:
    """Serves with `count` processes until it is told to stop."""

    def __init__(self, config: Config, count: int) -> None:
        self._config = config
        self._count = count
        self._is_stopping = False

    def run(self) -> None:
        """Blocks. Ends this process with `STARTUP_FAILURE` when one of the first workers cannot start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with self._config.bind_socket() as listening:
            workers = [self._begin(listening) for _ in range(self._count)]
            first = set(workers)
            while not self._is_stopping:
                wait([worker.sentinel for worker in workers], timeout=_LOOKS_EVERY)
                for place, worker in enumerate(workers):
                    if worker.is_alive() or self._is_stopping:
                        continue
                    if worker.exitcode == STARTUP_FAILURE and worker in first:
                        _end(workers)
                        sys.exit(STARTUP_FAILURE)
                    workers[place] = self._replace(worker, listening)
            _end(workers)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _replace(self, dead: SpawnProcess, listening: socket.socket) -> SpawnProcess:
        log.warning("worker_replaced", exit_code=dead.exitcode)
        if dead.exitcode == STARTUP_FAILURE:
            time.sleep(_BETWEEN_STARTS)
        return self._begin(listening)

    def _begin(self, listening: socket.socket) -> SpawnProcess:
        worker = _spawn.Process(target=_work, args=(self._config, listening))
        worker.start()
        return worker


def _end(workers: list[SpawnProcess]) -> None:
    """Ask them to finish what they do; the server bounds how long that takes."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()


def _work(config: Config, listening: socket.socket) -> None:
    """One worker, in its own process."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    config.configure_logging()
    server = Server(config)
    server.run(sockets=[listening])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
