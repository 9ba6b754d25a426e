"""Filling a register from a long source: in batches, bounded in memory, with a tally of what became of each record."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from idp.clock import Clock
from idp.register import citizen_number
from idp.register.citizen_number import Doubt
from idp.register.entries import COLUMNS, Entry
from idp.register.faults import Fault, Reason
from idp.register.sandbox import SandboxRegister
from idp.storage.identifiers import new_id

BATCH = 5_000
"""Records of one transaction."""


@dataclass
class Summary:
    """What became of a source. `stopped_at` is the line at which a strict import ended; its batch was not written."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    doubts: Counter[Doubt] = field(default_factory=Counter)
    stopped_at: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every record is in the register."""
        return not self.refused

    def __str__(self) -> str:
        """For an operator."""
        lines = [
            f"{self.added:,} added, {self.updated:,} updated, {self.unchanged:,} unchanged, "
            f"{self.refused.total():,} refused."
        ]
        if self.doubts:
            lines.append(f"Numbers that look odd, taken all the same: {_tally(self.doubts)}.")
        if self.stopped_at is not None:
            lines.append(f"Stopped at line {self.stopped_at}. Mend it and import again: what is in is not harmed.")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """For a program to read."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused.total(),
            "reasons": {reason.value: count for reason, count in self.refused.items()},
            "doubts": {doubt.value: count for doubt, count in self.doubts.items()},
            "stopped_at_line": self.stopped_at,
        }


@dataclass(frozen=True, kw_only=True)
class Import:
    """How a source is taken in.

    `strict` ends at the first fault. `stated` are the columns the source speaks of. `report` hears each fault at once;
    `advance` is called after each batch.
    """

    register: SandboxRegister
    clock: Clock
    report: Callable[[Fault], None]
    advance: Callable[[], None]
    stated: frozenset[str] = frozenset(COLUMNS)
    strict: bool = False

    async def run(self, source: Iterable[Entry | Fault]) -> Summary:
        """Take in what `source` gives, `BATCH` people at a time."""
        summary = Summary()
        filling = new_id(self.clock.now())
        for batch in self._batches(source, summary):
            filled = await self.register.fill(
                batch, source=filling, now=self.clock.now(), stated=self.stated, strict=self.strict
            )
            summary.added += filled.added
            summary.updated += filled.updated
            summary.unchanged += filled.unchanged
            for fault in filled.faults:
                self._refuse(summary, fault)
            if summary.stopped_at is not None:
                break
            for entry in batch:
                for doubt in citizen_number.doubts(entry.number, entry.gender, entry.birth):
                    summary.doubts[doubt] += 1
            self.advance()
        return summary

    def _batches(self, source: Iterable[Entry | Fault], summary: Summary) -> Iterator[list[Entry]]:
        batch: list[Entry] = []
        for record in source:
            if isinstance(record, Fault):
                self._refuse(summary, record)
                if self.strict:
                    return
                continue
            batch.append(record)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _refuse(self, summary: Summary, fault: Fault) -> None:
        summary.refused[fault.reason] += 1
        if self.strict:
            summary.stopped_at = fault.line
        self.report(fault)


def _tally(counter: Counter[Doubt]) -> str:
    return ", ".join(f"{doubt.value.replace('_', ' ')} {count:,}" for doubt, count in counter.most_common())
