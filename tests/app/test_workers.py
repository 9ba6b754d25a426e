"""Workers and their parent: whoever dies, nobody is left alone."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port, someone_listens
from tests.support.processes import Program, answers_at, running
from tests.support.schema import PostgresqlDatabases
from tests.support.served import Served, served


@pytest.fixture
def provider(_postgresql_databases: PostgresqlDatabases, tmp_path: Path) -> Iterator[Served]:
    with _postgresql_databases.lend() as url, served(url, tmp_path, workers=2) as opened:
        yield opened


def comes_true(what: Callable[[], bool], *, within: float = 30) -> bool:
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def lives(process: int) -> bool:
    try:
        # A zombie is gone, too: it holds nothing, and init reaps it.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def port(provider: Served) -> int:
    return int(provider.environment["IDP_PORT"])


def test_a_worker_that_was_killed_is_replaced(provider: Served) -> None:
    dead = provider.kill_a_worker()
    assert comes_true(lambda: len(provider.workers) == 2 and dead not in provider.workers)
    assert comes_true(answers_at(f"{provider.environment['IDP_ISSUER']}/readyz"))
    assert '"exit_code":-9,"event":"worker_replaced"' in provider.program.said()


def test_a_worker_killed_while_it_hung_is_replaced(provider: Served) -> None:
    chosen = provider.workers[0]
    os.kill(chosen, signal.SIGSTOP)
    time.sleep(1)
    os.kill(chosen, signal.SIGKILL)
    assert comes_true(lambda: len(provider.workers) == 2 and chosen not in provider.workers)


def test_workers_end_with_their_parent(provider: Served) -> None:
    workers = provider.workers
    provider.program.kill()
    assert comes_true(lambda: not any(lives(worker) for worker in workers))
    assert not someone_listens(port(provider))


def test_all_end_when_they_are_told_to(provider: Served) -> None:
    workers = provider.workers
    assert provider.program.stop(within=20) == 0
    assert not any(lives(worker) for worker in workers)


def test_a_provider_that_cannot_start_says_so_and_ends(tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.touch(mode=0o600)
    key.write_text("TWFzdGVyLWtleS1vZi1hLXRlc3QtMzItYnl0ZXMtbG8=")
    wanted = {
        "IDP_ISSUER": "http://localhost:1",
        "IDP_MODE": "demo",
        "IDP_PORT": str(free_port()),
        "IDP_WORKERS": "2",
        "IDP_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{free_port()}/away",
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY_FILE": str(key),
    }
    command = [sys.executable, "-m", "idp", "serve"]
    with running(command, log=tmp_path / "serve.log", environment=wanted) as program:
        assert ended(program) == 3
    assert "startup failed" in program.said().lower()


def ended(program: Program) -> int:
    return program.handle.wait(60)
