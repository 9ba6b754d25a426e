"""Processor time of programs, as the kernel counts it, in steps of 10 ms."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(*pids: int) -> float:
    """User and system seconds so far of these processes, their children and theirs, dead children included.

    A process that is gone counts as nothing (proc(5), /proc/pid/stat).
    """
    return sum(_of_tree(pid) for pid in pids) / TICKS_PER_SECOND


def resident_mebibytes(*pids: int) -> float:
    """Memory these processes and their children hold now; pages they share are counted once for each."""
    return sum(_pages(member) for pid in pids for member in _members(pid)) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _of_tree(pid: int) -> int:
    return sum(_ticks(member) for member in _members(pid))


def _members(pid: int) -> list[int]:
    members = [pid]
    for member in members:
        members += _children(member)
    return members


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:15])


def _pages(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[21]) if fields else 0


def _stat(pid: int) -> list[str]:
    """The fields from the third on: the second is a name that may hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
