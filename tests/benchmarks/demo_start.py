"""How long the demo takes until everything answers."""

import sys
import tempfile
import time
from pathlib import Path

from tests.support.ports import ports_in_a_row
from tests.support.processes import running


def seconds_until_ready() -> float:
    """From the command to demo.json, in a folder of its own, with nothing prepared."""
    port = ports_in_a_row(3)
    with tempfile.TemporaryDirectory(prefix="dinh-danh-bench-") as folder:
        ready_file = Path(folder) / "demo.json"
        command = [sys.executable, "-m", "idp", "demo", "--port", str(port), "--folder", folder]
        began = time.monotonic()
        with running(command, log=Path(folder) / "demo.log", ready=lambda: ready_file.exists(), within=60):
            return time.monotonic() - began
