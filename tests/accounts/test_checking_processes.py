"""Checks in processes: the same answers, and what happens when a process is killed, stuck, starved or left alone."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from idp.accounts.argon2id import HASHER
from idp.accounts.checking_processes import CheckingProcesses
from idp.accounts.passwords import Lane, Passwords, PasswordsBusy

PASSWORD = "một mật khẩu để thử"
STORED = HASHER.hash(PASSWORD)


@pytest.fixture
def processes() -> Iterator[CheckingProcesses]:
    processes = CheckingProcesses()
    yield processes
    processes.close()
    assert running() == []


def running(parent: int | None = None) -> list[int]:
    """The ids of the processes that check passwords for this one, or for another."""
    tasks = Path(f"/proc/{parent or os.getpid()}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [child for child in children if b"argon2id.py" in Path(f"/proc/{child}/cmdline").read_bytes()]


def has_ended(process: int) -> bool:
    """Gone, or nothing but a line that waits to be read (proc(5): state Z)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_says_what_is_said_without_a_process(processes: CheckingProcesses) -> None:
    assert processes.verify(STORED, PASSWORD)
    for other in ("", "x", PASSWORD + "\0", "x" * 100_000):
        with pytest.raises(VerifyMismatchError):
            processes.verify(STORED, other)
    for none in ("", "x", "$2b$12$" + "x" * 53):
        with pytest.raises(InvalidHashError):
            processes.verify(none, PASSWORD)
    with pytest.raises(VerificationError) as raised:
        processes.verify("$argon2id$", PASSWORD)
    assert not isinstance(raised.value, VerifyMismatchError)
    assert processes.verify(processes.hash("x"), "x")
    assert len(running()) == 1


def test_there_are_no_more_than_callers_at_a_time(processes: CheckingProcesses) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert all(threads.map(lambda _: processes.verify(STORED, PASSWORD), range(30)))
    assert 1 <= len(running()) <= 3


def test_each_answer_goes_to_whoever_asked(processes: CheckingProcesses) -> None:
    def is_right(number: int) -> bool:
        try:
            return processes.verify(STORED, PASSWORD if number % 3 else "another")
        except VerifyMismatchError:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(is_right, range(60))) == [bool(number % 3) for number in range(60)]


def test_one_that_was_killed_is_replaced(processes: CheckingProcesses) -> None:
    processes.verify(STORED, PASSWORD)
    (first,) = running()
    os.kill(first, signal.SIGKILL)
    assert processes.verify(STORED, PASSWORD)
    (second,) = running()
    assert second != first


def test_killing_them_while_they_check_costs_no_answer_that_is_wrong(processes: CheckingProcesses) -> None:
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.1):
            for process in running():
                os.kill(process, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    answers = []
    try:
        for _ in range(60):
            try:
                answers.append(processes.verify(STORED, PASSWORD))
            except VerificationError as error:
                assert not isinstance(error, VerifyMismatchError)
    finally:
        over.set()
        killer.join()
    assert len(answers) > 20


def test_one_that_is_stuck_is_given_up() -> None:
    processes = CheckingProcesses(longest=timedelta(seconds=1))
    processes.verify(STORED, PASSWORD)
    (stuck,) = running()
    os.kill(stuck, signal.SIGSTOP)
    assert processes.verify(STORED, PASSWORD)
    assert stuck not in running()
    processes.close()


def test_one_without_memory_has_checked_nothing(processes: CheckingProcesses) -> None:
    processes.verify(STORED, PASSWORD)
    (starved,) = running()
    in_use = int(Path(f"/proc/{starved}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(starved, resource.RLIMIT_AS, (in_use + 4 * 2**20, -1))
    with pytest.raises(VerificationError) as raised:
        processes.verify(STORED, PASSWORD)
    assert not isinstance(raised.value, VerifyMismatchError)


@pytest.mark.anyio
@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
async def test_where_none_can_start_people_are_asked_to_come_back(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr("sys.executable", program)
    lane = Lane(1)
    with pytest.raises(PasswordsBusy) as refused:
        await Passwords(lane, CheckingProcesses()).verify(STORED, PASSWORD)
    assert refused.value.reason == "not_checked"
    assert refused.value.retry_after is not None
    lane.close()


def test_they_are_not_told_the_providers_secrets(monkeypatch: pytest.MonkeyPatch, processes: CheckingProcesses) -> None:
    monkeypatch.setenv("IDP_MASTER_KEY", "not for them")
    processes.verify(STORED, PASSWORD)
    (process,) = running()
    for place in ("environ", "cmdline"):
        told = Path(f"/proc/{process}/{place}").read_bytes()
        assert b"IDP_" not in told
        assert PASSWORD.encode() not in told


def test_a_signal_to_the_group_is_not_for_them(processes: CheckingProcesses) -> None:
    processes.verify(STORED, PASSWORD)
    (process,) = running()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, number)
    assert processes.verify(STORED, PASSWORD)
    assert running() == [process]


def test_they_leave_when_the_worker_is_killed() -> None:
    program = f"""if True:
        import time
        from idp.accounts.checking_processes import CheckingProcesses
        CheckingProcesses().verify({STORED!r}, {PASSWORD!r})
        print("checked", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        (process,) = running(worker.pid)
        worker.kill()
    until = time.monotonic() + 10
    while not has_ended(process) and time.monotonic() < until:
        time.sleep(0.02)
    assert has_ended(process)
