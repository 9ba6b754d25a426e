"""How the person is asked: on the terminal, or by a program such as pinentry. The page never sees a PIN."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from getpass import getpass
from typing import IO, Final, NoReturn, Protocol
from urllib.parse import unquote

from deploy.signer.words import NUMBER, OR_NOTHING, THIS_ONE, WHICH, Refused

PATIENCE: Final = 120
"""Seconds that a PIN program waits for the person."""


class Person(Protocol):
    """Somebody to ask. Each question raises `Refused("cancelled")` when they will not answer it."""

    def choose(self, question: str, options: Sequence[str]) -> int:
        """Which of several, by its place."""

    def pin(self, question: str, prompt: str) -> str:
        """The PIN of the token."""


class Terminal:
    """The terminal that the helper was started in."""

    def __init__(self, language: str) -> None:
        self._language = language

    def choose(self, question: str, options: Sequence[str]) -> int:
        """By number."""
        print(question, WHICH[self._language], sep="\n")
        for number, option in enumerate(options, start=1):
            print(f"  {number}. {option}")
        chosen = input(NUMBER[self._language])
        if chosen not in map(str, range(1, len(options) + 1)):
            raise Refused("cancelled")
        return int(chosen) - 1

    def pin(self, question: str, prompt: str) -> str:
        """Without showing it."""
        print(question)
        return getpass(f"{prompt}{OR_NOTHING[self._language]}") or _cancelled()


class PinProgram:
    """A program that speaks pinentry's protocol: Assuan, on its standard input and output."""

    def __init__(self, path: str, language: str) -> None:
        self._path = path
        self._language = language

    def choose(self, question: str, options: Sequence[str]) -> int:
        """One after the other, as the protocol knows only yes and no."""
        for place, option in enumerate(options):
            with self._running(f"{question}\n\n{THIS_ONE[self._language]}\n{option}") as program:
                if program.says_yes():
                    return place
        return _cancelled()

    def pin(self, question: str, prompt: str) -> str:
        """In the program's own window."""
        with self._running(f"{question}\n\n{prompt}") as program:
            return program.pin() or _cancelled()

    @contextmanager
    def _running(self, question: str) -> Iterator["_Conversation"]:
        with subprocess.Popen([self._path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  (the program that the person named)
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                yield _Conversation(process.stdin, process.stdout, question)
            except OSError:
                raise Refused("cancelled") from None
            finally:
                process.kill()


class _Conversation:
    """One command a line; the answer is lines of data and then OK, or ERR."""

    def __init__(self, to: IO[bytes], answers: IO[bytes], question: str) -> None:
        self._to = to
        self._answers = answers
        self._answer()
        self._say(f"SETTIMEOUT {PATIENCE}")
        self._say("OPTION lc-ctype=C.UTF-8")
        if sys.stdin.isatty():
            self._say(f"OPTION ttyname={os.ttyname(sys.stdin.fileno())}")
        escaped = question.replace("%", "%25").replace("\n", "%0A")
        self._say(f"SETDESC {escaped}")

    def says_yes(self) -> bool:
        return self._say("CONFIRM") is not None

    def pin(self) -> str | None:
        return self._say("GETPIN")

    def _say(self, command: str) -> str | None:
        self._to.write(f"{command}\n".encode())
        self._to.flush()
        return self._answer()

    def _answer(self) -> str | None:
        """The data of an answer, or None for an error: the person cancelled, or took too long."""
        data = ""
        for line in self._answers:
            kind, _, rest = line.decode(errors="replace").rstrip("\n").partition(" ")
            if kind == "OK":
                return data
            if kind == "ERR":
                return None
            if kind == "D":
                data += unquote(rest)
        return None


def _cancelled() -> NoReturn:
    raise Refused("cancelled")
