"""`idp demo` as a process of its own, in a folder of its own, on ports of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.ports import ports_in_a_row
from tests.support.processes import Program, running

CHECKOUT = Path(__file__).parents[2]
PORTS = 6
"""The provider's, its portals', in acceptance mode the API's, the certificate host's, the authorities'."""


@dataclass(frozen=True)
class RunningDemo:
    """A demo that has announced itself. `told` is its demo.json."""

    program: Program
    folder: Path
    port: int
    told: dict[str, Any]

    @property
    def ports(self) -> list[int]:
        return list(range(self.port, self.port + PORTS))

    def run(self, command: str) -> str:
        """`idp COMMAND` as an operator of the running demo types it, with its demo.env; gives what it printed."""
        idp = f"{sys.executable} -m idp"
        done = subprocess.run(
            ["sh", "-c", f"set -a; . '{self.folder}/demo.env'; {idp} {command}"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running_demo(folder: Path, *options: str | Path) -> Iterator[RunningDemo]:
    """`idp demo` with these options, from when it is ready until the end of the `with`."""
    port = ports_in_a_row(PORTS)
    file = folder / "demo.json"
    command = [sys.executable, "-m", "idp", "demo", "--port", str(port), "--folder", folder, *options]
    folder.mkdir(parents=True, exist_ok=True)
    with running(command, log=folder / "demo.log", folder=CHECKOUT, ready=file.exists, within=90) as program:
        yield RunningDemo(program, folder, port, json.loads(file.read_bytes()))
