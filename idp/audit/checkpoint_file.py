"""The file that checkpoints are appended to: one a line, in their order, nothing ever taken away.

What the file holds is also how far it got, so that several processes, a crash and a full disk need no second book of
it: who has the lock reads the last line and goes on from there. Processes of several machines may each have a file of
their own; every one becomes whole.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from idp.audit.checkpoint import LONGEST_LINE


class CheckpointFile:
    """Open and locked, until it is closed. Its methods block; every one may raise `OSError`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._last, self._rest = _end_of(descriptor)

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """The file, made when there is none; None while another process is writing it."""
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_new:
                _keep_name(path)
            return cls(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise

    @property
    def last(self) -> bytes | None:
        """The last whole line, without its end; None when there is none."""
        return self._last

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines, and return when the disk has them.

        Where a crash or a full disk cut a line short, the rest of it is added: nothing is taken out of the file.
        """
        text = b"".join(line + b"\n" for line in lines)
        text = text[len(self._rest) :] if text.startswith(self._rest) else b"\n" + text
        while text:
            text = text[os.write(self._descriptor, text) :]
        os.fsync(self._descriptor)
        self._last, self._rest = lines[-1], b""

    def close(self) -> None:
        """Let others write."""
        os.close(self._descriptor)


def _end_of(descriptor: int) -> tuple[bytes | None, bytes]:
    """The last whole line, and what follows it."""
    size = os.fstat(descriptor).st_size
    most = 2 * LONGEST_LINE
    *lines, rest = os.pread(descriptor, most, max(0, size - most)).split(b"\n")
    return (lines[-1] if lines else None), rest


def _keep_name(path: Path) -> None:
    """Make a new file's name durable too."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
