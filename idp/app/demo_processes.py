"""Processes that are started together, waited for, and stopped by their own ids."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, build_opener

_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 15


class DemoFailed(Exception):
    """A part of the demo ended or did not answer; the text says which."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs, and an address that answers, whatever it says, once it does."""

    name: str
    command: tuple[str, ...]
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_ours(cls, name: str, *words: str, address: str, environment: Mapping[str, str] | None = None) -> "Program":
        """A Python module of this checkout, with its arguments."""
        return cls(name, (sys.executable, "-m", *words), address, environment or {})


class Processes:
    """What was started here. `ca` is a file of authorities to trust when asking whether a program answers."""

    def __init__(self, ca: str | None = None) -> None:
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []
        trust = ssl.create_default_context(cafile=ca)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trust))

    def start(self, programs: Iterable[Program]) -> None:
        """Start them in their order."""
        inherited = dict(os.environ)  # noqa: TID251  (handed on, not read)
        for program in programs:
            environment = {**inherited, **program.environment}
            process = subprocess.Popen(program.command, env=environment)  # noqa: S603  (our own programs, and nginx)
            self._running.append((program, process))

    def wait_until_ready(self) -> None:
        """Wait until every one answers; raises `DemoFailed` when one ends or time is up."""
        deadline = time.monotonic() + _READY_SECONDS
        for program, process in self._running:
            while not _answers(program, self._opener):
                if (ended := process.poll()) is not None:
                    raise DemoFailed(
                        f"{program.name} ended with {ended}. Is its port in use? IDP_DEMO_PORT moves the demo."
                    )
                if time.monotonic() > deadline:
                    raise DemoFailed(f"{program.name} did not answer within {_READY_SECONDS} s")
                time.sleep(0.05)

    def wait(self) -> None:
        """Wait until one of them ends; raises `DemoFailed` then."""
        while True:
            for program, process in self._running:
                if process.poll() is not None:
                    raise DemoFailed(f"{program.name} ended with {process.returncode}")
            time.sleep(0.3)

    def stop(self) -> None:
        """Ask each to end, then make it."""
        for _, process in self._running:
            process.terminate()
        for _, process in self._running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(program: Program, opener: OpenerDirector) -> bool:
    try:
        with opener.open(program.address, timeout=2):
            return True
    except HTTPError:
        return True
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise DemoFailed(f"{program.address}: trusted_ca does not vouch for server_certificate") from None
        return False
    except OSError:
        return False
