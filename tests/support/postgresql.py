"""A throw-away PostgreSQL 15 on loopback."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import debian
from tests.support.ports import free_port
from tests.support.processes import Program, running

BIN = "/usr/lib/postgresql/15/bin"
TEXT = ("-E", "UTF8", "--locale=C.UTF-8")
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgreSQL:
    """A running server without passwords; every database on it belongs to the superuser `postgres`."""

    port: int
    folder: Path
    program: Program

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, as a copy of `template` when given, and give its URL.

        A copy of a small migrated database takes some 30 ms, so each test can have its own.
        """
        self.run_sql(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, throwing out whoever is still connected."""
        self.run_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run_sql(self, sql: str, *, database: str = "postgres") -> list[str]:
        """Run one statement by psql and give its rows, columns parted by `|`."""
        command = [f"{BIN}/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", sql]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()


@contextmanager
def postgresql(*, durable: bool = False, settings: dict[str, str] | None = None) -> Iterator[PostgreSQL]:
    """A server for the length of a `with`, in about a second.

    `durable` keeps fsync and synchronous commit on, for benchmarks and for tests that kill it. `settings` are
    added to the configuration. PostgreSQL refuses to run as root: as root it runs as the user `postgres`.
    """
    debian.need("/usr/lib/postgresql/15/bin/initdb")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="dinh-danh-postgresql-"))
    try:
        if user:
            shutil.chown(folder, user, user)
        subprocess.run(
            [f"{BIN}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", *TEXT, "--no-sync"],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=folder,
            check=True,
            capture_output=True,
        )
        with _serving(folder, user, (QUICK if not durable else {}) | (settings or {})) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(folder: Path, user: str | None, settings: dict[str, str]) -> Iterator[PostgreSQL]:
    port = free_port()
    configured = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        "shared_buffers": "128MB",
    } | settings
    command = [f"{BIN}/postgres", "-D", f"{folder}/data", *(f"--{name}={value}" for name, value in configured.items())]
    with running(
        command,
        log=folder / "server.log",
        folder=folder,
        user=user,
        ready=lambda: _accepts(port),
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients that are still connected.
        stop_by=signal.SIGINT,
    ) as program:
        yield PostgreSQL(port, folder, program)


def _accepts(port: int) -> bool:
    command = [f"{BIN}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, capture_output=True).returncode == 0
