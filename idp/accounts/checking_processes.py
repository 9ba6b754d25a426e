"""argon2id checked in processes of their own.

Each check takes 19 MiB from the kernel and gives them back. Threads of one process wait for each other there, and
the event loop with them: two processes check a fifth more than two threads.
"""

import os
import socket
import subprocess
import sys
from collections import deque
from datetime import timedelta
from typing import Final, Literal

from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from idp.accounts import argon2id
from idp.accounts.argon2id import HASHER, NO_HASH, RIGHT, WRONG, Argon2id, as_bytes, question

_LONGEST: Final = timedelta(seconds=5)
"""How long one check may take before its process is given up: two hundred times what it takes."""

_NONE: Final = b""
"""The answer of a process that died, took too long or could not start."""


class CheckingProcesses(Argon2id):
    """An `Argon2id` whose checks run in processes: as many as there ever were callers at a time, started when needed.

    Safe to use from threads. A process that dies is replaced; one that takes longer than `longest` is killed.
    """

    def __init__(self, *, longest: timedelta = _LONGEST) -> None:
        super().__init__(HASHER.time_cost, HASHER.memory_cost, HASHER.parallelism)
        self._longest = longest
        self._idle: deque[_Process] = deque()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  (argon2's own signature)
        """See `Argon2id.verify`. A process that died costs nobody a sign-in: a fresh one is asked."""
        asked = question(as_bytes(hash), as_bytes(password))
        answer = self._ask_an_idle_one(asked) or self._ask_a_fresh_one(asked)
        if answer == RIGHT:
            return True
        if answer == NO_HASH:
            raise InvalidHashError
        raise VerifyMismatchError if answer == WRONG else VerificationError

    def close(self) -> None:
        """End the processes. Nobody may be asking any more."""
        while self._idle:
            self._idle.pop().end()

    def _ask_an_idle_one(self, asked: bytes) -> bytes:
        try:
            process = self._idle.pop()  # the last that worked: only so many are awake as are needed
        except IndexError:
            return _NONE
        return self._ask(process, asked)

    def _ask_a_fresh_one(self, asked: bytes) -> bytes:
        try:
            process = _Process(self._longest)
        except OSError:
            return _NONE
        return self._ask(process, asked)

    def _ask(self, process: "_Process", asked: bytes) -> bytes:
        try:
            answer = process.ask(asked)
        except OSError:
            answer = _NONE
        if answer == _NONE:
            process.end()
        else:
            self._idle.append(process)
        return answer


class _Process:
    """`argon2id` run as a program, and the socket on which it takes questions."""

    def __init__(self, longest: timedelta) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(longest.total_seconds())
        try:
            self._program = _started(theirs.fileno())
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()

    def ask(self, asked: bytes) -> bytes:
        self._channel.sendall(asked)
        return self._channel.recv(1)

    def end(self) -> None:
        self._channel.close()
        self._program.kill()
        self._program.wait()


def _started(questions: int) -> subprocess.Popen[bytes]:
    # What Python may need to start, without the master key.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}  # noqa: TID251  (handed on, not read)
    command = [sys.executable, "-I", argon2id.__file__]
    return subprocess.Popen(command, stdin=questions, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603  (ours)
