"""What the checkpoints say of the rows: read in their order, once, however many there are.

A fault of the checkpoints themselves (a line changed, left out, put in, or signed by somebody else) is one thing, a row
that contradicts them another; the first of each is named. After a bad line the next good ones still count.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.audit.checkpoint import BEFORE_THE_FIRST, MARK_BYTES, Checkpoint, CheckpointUnfit, fingerprint


@dataclass(frozen=True, slots=True)
class Named:
    """A line, and where it stands, for whoever looks it up: `line 7 of checkpoints.jsonl`."""

    line: bytes
    where: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The first of some rows that is not the one that was signed."""

    position: int
    sequence: int
    at: datetime


class Witness:
    """`fault` is the first fault of the checkpoints so far, `held` how many of them were good."""

    def __init__(self, lines: AsyncIterator[Named], trusted: Sequence[Ed25519PublicKey], issuer: str) -> None:
        self._lines = lines
        self._trusted = trusted
        self._issuer = issuer
        self._waiting: deque[Checkpoint] = deque()
        self._covered = 0
        self._fingerprint = BEFORE_THE_FIRST
        self.fault = ""
        self.held = 0
        self.last_sequence = 0

    async def first_contradiction(self, first: int, hashes: Sequence[bytes]) -> Contradiction | None:
        """Compare the hashes of rows that stand one after another from position `first` on, in ascending calls."""
        last = first + len(hashes) - 1
        while self._covered < last and await self._read():
            pass
        while self._waiting and self._waiting[0].first <= last:
            checkpoint = self._waiting[0]
            if (position := _differs(checkpoint, first, hashes)) is not None:
                return Contradiction(position, checkpoint.sequence, checkpoint.at)
            if checkpoint.position > last:
                break
            self._waiting.popleft()
        return None

    async def beyond(self, position: int) -> Checkpoint | None:
        """The first checkpoint of a row after this position."""
        while self._covered <= position and await self._read():
            pass
        return next((checkpoint for checkpoint in self._waiting if checkpoint.position > position), None)

    async def finish(self) -> None:
        """Read what is left: it may have faults too."""
        while await self._read():
            self._waiting.clear()

    async def _read(self) -> bool:
        """Take one more line; False after the last."""
        async for named in self._lines:
            fault = self._take(named)
            if fault and not self.fault:
                self.fault = f"{named.where} {fault}"
            return True
        return False

    def _take(self, named: Named) -> str:
        try:
            checkpoint = Checkpoint.read(named.line, self._trusted)
        except CheckpointUnfit as unfit:
            return str(unfit)
        if checkpoint.issuer != self._issuer:
            return f"is of another provider, {checkpoint.issuer}"
        fault = self._out_of_order(checkpoint)
        if checkpoint.position > self._covered:
            self._waiting.append(checkpoint)
            self._covered = checkpoint.position
        if checkpoint.sequence > self.last_sequence:
            self._fingerprint = fingerprint(named.line)
            self.last_sequence = checkpoint.sequence
        self.held += not fault
        return fault

    def _out_of_order(self, checkpoint: Checkpoint) -> str:
        expected, found = self.last_sequence + 1, checkpoint.sequence
        if found > expected:
            missing = f"{expected} is" if found == expected + 1 else f"{expected} to {found - 1} are"
            return f"is checkpoint {found}: {missing} missing before it"
        if found < expected:
            return f"is checkpoint {found}, and {self.last_sequence} stands before it"
        if checkpoint.previous != self._fingerprint or checkpoint.first != self._covered + 1:
            return f"is a checkpoint {found} that does not follow the {self.last_sequence} before it"
        return ""


def _differs(checkpoint: Checkpoint, first: int, hashes: Sequence[bytes]) -> int | None:
    """The first position, of those that both know, at which they differ."""
    begin = max(first, checkpoint.first)
    end = min(first + len(hashes) - 1, checkpoint.position)
    marks = checkpoint.marks[(begin - checkpoint.first) * MARK_BYTES : (end - checkpoint.first + 1) * MARK_BYTES]
    own = hashes[begin - first : end - first + 1]
    if b"".join([each[:MARK_BYTES] for each in own]) != marks:
        signed = (marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES))
        pairs = zip(own, signed, strict=True)
        return next(begin + place for place, (mine, mark) in enumerate(pairs) if mine[:MARK_BYTES] != mark)
    if end == checkpoint.position and own[-1] != checkpoint.hash:
        return end
    return None
