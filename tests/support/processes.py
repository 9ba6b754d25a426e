"""Programs that run beside a test: started, waited for until they are ready, stopped by their own process id."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from tests.support.ports import someone_listens

Ready = Callable[[], bool]


class NotReady(Exception):
    """A program ended, or was silent for too long, before it was ready. The text carries the end of its log."""


@dataclass
class Program:
    """A running program and the file that its output goes to."""

    command: Sequence[str]
    log: Path
    handle: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> Self:
        """Start a program; output of both kinds goes to `log`.

        `environment` is added to this process's own. `user` needs root: the program itself becomes that user,
        without a runner in between, so its process id is the server's own.
        """
        words = [str(word) for word in command]
        if environment:
            words = ["env", *(f"{name}={value}" for name, value in environment.items()), *words]
        with log.open("ab") as output:
            handle = subprocess.Popen(
                words,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )
        return cls(words, log, handle)

    @property
    def pid(self) -> int:
        return self.handle.pid

    @property
    def running(self) -> bool:
        return self.handle.poll() is None

    def said(self) -> str:
        """All that the program has printed so far."""
        return self.log.read_text(errors="replace")

    def wait_until(self, ready: Ready, *, within: float = 30) -> None:
        """Wait until `ready` holds; raise NotReady when the program ends first or `within` seconds pass."""
        end = time.monotonic() + within
        while not ready():
            if not self.running:
                raise NotReady(f"{self.command[0]} ended with {self.handle.returncode}:\n{self.said()[-4000:]}")
            if time.monotonic() > end:
                raise NotReady(f"{self.command[0]} was not ready in {within} s:\n{self.said()[-4000:]}")
            time.sleep(0.02)

    def stop(self, *, by: signal.Signals = signal.SIGTERM, within: float = 15) -> int:
        """Ask it to end, kill it when it does not, and give its exit code."""
        if self.running:
            self.handle.send_signal(by)
        try:
            return self.handle.wait(within)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it at once, as a power cut would."""
        self.handle.kill()
        return self.handle.wait()


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    ready: Ready | None = None,
    within: float = 30,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_by: signal.Signals = signal.SIGTERM,
) -> Iterator[Program]:
    """A program for the length of a `with`, ready before the body begins."""
    program = Program.start(command, log=log, folder=folder, environment=environment, user=user)
    try:
        if ready is not None:
            program.wait_until(ready, within=within)
        yield program
    finally:
        program.stop(by=stop_by)


def listens_on(port: int, host: str = "127.0.0.1") -> Ready:
    """Ready when the port takes connections."""
    return lambda: someone_listens(port, host)


def answers_at(url: str, *, status: int = 200) -> Ready:
    """Ready when a GET of the URL has that status."""

    def answers() -> bool:
        try:
            with httpx.Client(trust_env=False, timeout=2) as client:
                return client.get(url).status_code == status
        except httpx.TransportError:
            return False

    return answers
