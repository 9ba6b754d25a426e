"""The demo's processes: the provider and two portals, started together and stopped together."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from idp.app.demo import Demo

_READY_SECONDS = 60


class DemoFailed(Exception):
    """A part of the demo ended or did not answer; the text says which."""


class Processes:
    """What was started here, by name; stopped by its own process id, whatever happens."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a Python program of ours."""
        inherited = dict(os.environ)  # noqa: TID251  (handed on, not read)
        self._running[name] = subprocess.Popen(  # noqa: S603  (our own programs)
            [sys.executable, "-m", *command], env={**inherited, **(environment or {})}
        )

    def wait_until_ready(self, addresses: Mapping[str, str]) -> None:
        """Wait until every address answers; raises `DemoFailed` when a process ends or time is up."""
        deadline = time.monotonic() + _READY_SECONDS
        for name, address in addresses.items():
            while not _answers(address):
                if (ended := self._running[name].poll()) is not None:
                    raise DemoFailed(f"{name} ended with {ended}. Is its port in use? IDP_DEMO_PORT moves the demo.")
                if time.monotonic() > deadline:
                    raise DemoFailed(f"{name} did not answer within {_READY_SECONDS} s")
                time.sleep(0.05)

    def wait(self) -> None:
        """Wait until one of them ends; raises `DemoFailed` then."""
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise DemoFailed(f"{name} ended with {process.returncode}")
            time.sleep(0.3)

    def stop(self) -> None:
        """Ask each to end, then make it."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310  (our own loopback address)
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def run(demo: Demo, folder: Path) -> None:
    """Start, wait, announce, and keep running until interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    processes = Processes()
    issuer = demo.settings.issuer
    try:
        processes.start("provider", "idp", "serve", environment=demo.environment)
        for portal in demo.portals:
            file = portal.write(folder, issuer, None)
            processes.start(portal.name, "deploy.demo.portal", "--config", str(file))
        addresses = {"provider": f"{issuer}/readyz"} | {portal.name: f"{portal.url}/" for portal in demo.portals}
        processes.wait_until_ready(addresses)
        demo.publish(folder)
        announce(demo, Console())
        processes.wait()
    except KeyboardInterrupt:
        return
    finally:
        (folder / "demo.json").unlink(missing_ok=True)
        processes.stop()


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def announce(demo: Demo, console: Console) -> None:
    """One table: addresses, accounts, what to try."""
    table = Table(title="Định Danh, bản thử nghiệm · demo", title_justify="left")
    table.add_column("Cái gì · What")
    table.add_column("Ở đâu, bằng gì · Where, with what", overflow="fold")
    table.add_row("Provider", demo.settings.issuer)
    for portal in demo.portals:
        table.add_row(portal.english, portal.url)
    table.add_row("SMS outbox", f"{demo.settings.issuer}/admin/outbox")
    table.add_section()
    for citizen in demo.citizens:
        how = f"{citizen.password} · TOTP {citizen.totp_secret}" if citizen.password else "no account yet"
        table.add_row(citizen.persona, f"{citizen.citizen_number} · {how}")
    table.add_section()
    table.add_row("Try", "Sign in at the national portal, then open the provincial one: no second sign-in.")
    table.add_row("For programs", "var/demo/demo.json · set -a; . var/demo/demo.env; .venv/bin/idp --help")
    console.print(table)
    console.print("Ctrl-C stops everything.")
