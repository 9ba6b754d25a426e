"""The provider as it is run in earnest: `idp serve`, a process of its own with workers, in real time.

with served(database_url, folder, workers=2) as running:
    portal = running.portal(minimum_level=1)
    tokens = portal.tokens(running.visitor().signs_in_at(portal))
    running.kill_a_worker()
"""

import os
import secrets
import signal
import ssl
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from idp.clock import Clock
from idp.parts import Parts
from idp.register.personas import add_personas
from idp.register.sandbox import SandboxRegister
from idp.settings import Settings
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.ports import free_port
from tests.support.processes import NotReady, Program, answers_at
from tests.support.provider import TLS, LoopThread, Provider

_STARTS_WITHIN = 90  # seconds, on a machine that has much else to do
_SEEN_WITHIN = 1.2  # seconds: each worker reads the portals anew each second


class PatientClock(ManualClock):
    """Real time. Whoever moves it waits."""

    def now(self) -> datetime:
        return Clock.now(self)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        time.sleep(timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days).total_seconds())
        return self.now()


@dataclass
class Served(Provider):
    """A provider in processes of its own. Portals and people come in through this process's parts, by the database."""

    program: Program = field(kw_only=True)
    environment: Mapping[str, str] = field(kw_only=True, repr=False)

    def register(self, members: dict[str, Any], *, replace: bool = False) -> Portal:
        """As everywhere; then wait until every worker has seen it."""
        portal = super().register(members, replace=replace)
        time.sleep(_SEEN_WITHIN)
        return portal

    @property
    def workers(self) -> list[int]:
        """The processes that answer: the server's children, or with one worker the server itself."""
        server = self.program.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        return [int(child) for child in children if _is_worker(int(child))] or [server]

    def kill_a_worker(self) -> int:
        """Kill one of them as a power cut would, and say which; the server starts another in its place."""
        chosen = secrets.choice(self.workers)
        os.kill(chosen, signal.SIGKILL)
        return chosen

    def start_again(self) -> None:
        """Start the server once more, after it was killed itself."""
        self.program.kill()
        self.program = _started(self.environment, self.program.log)


@contextmanager
def served(
    database_url: str, folder: Path, *, workers: int = 1, tls: ssl.SSLContext = TLS, **settings: str
) -> Iterator[Served]:
    """`idp serve` over a migrated database. `settings` are added by their names without `IDP_`, in lower case.

    `tls` says whom its portals trust, where the `issuer` that was given is a proxy's address.
    """
    environment = _environment(database_url, folder, workers) | {f"IDP_{n.upper()}": v for n, v in settings.items()}
    clock, thread, stack = PatientClock(), LoopThread(), AsyncExitStack()
    try:
        parts = thread.run(_open(stack, Settings.from_environ(environment), clock))
        program = _started(environment, folder / "serve.log")
        with httpx.Client(verify=tls, trust_env=False, timeout=30) as client:
            running = Served(parts, clock, client, thread, program=program, environment=environment)
            try:
                yield running
            finally:
                running.close_browsers()
                running.program.stop()
    finally:
        thread.run(stack.aclose())
        thread.close()


def _environment(database_url: str, folder: Path, workers: int) -> dict[str, str]:
    key, port = folder / "master.key", free_port()
    key.touch(mode=0o600)
    key.write_text(b64encode(secrets.token_bytes(32)).decode())
    return {
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_MODE": "demo",
        "IDP_HOST": "127.0.0.1",
        "IDP_PORT": str(port),
        "IDP_WORKERS": str(workers),
        "IDP_DATABASE_URL": database_url,
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{folder}/register.db",
        "IDP_MASTER_KEY_FILE": str(key),
        "IDP_UNLIMITED_ADDRESSES": "127.0.0.1",
        "IDP_LOG_LEVEL": "warning",
    }


async def _open(stack: AsyncExitStack, settings: Settings, clock: PatientClock) -> Parts:
    parts = await stack.enter_async_context(Parts.open(settings, clock))
    assert isinstance(parts.register, SandboxRegister)
    await add_personas(parts.register, now=clock.now())
    return parts


def _started(environment: Mapping[str, str], log: Path) -> Program:
    program = Program.start([sys.executable, "-m", "idp", "serve"], log=log, environment=environment)
    try:
        program.wait_until(answers_at(f"http://127.0.0.1:{environment['IDP_PORT']}/readyz"), within=_STARTS_WITHIN)
    except NotReady:
        program.stop()
        raise
    return program


def _is_worker(process: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
