"""What a step found, as codes and figures: sentences are made of them when somebody reads them (`report`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """How a step went. A warning keeps nobody from being put live."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """`seen` is the code of a sentence (`portal_test.seen.<seen>`), `figures` what stands in it."""

    verdict: Verdict
    seen: str
    figures: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """One step of a report."""

    step: str
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        found = self.finding
        return {"step": self.step, "verdict": found.verdict.value, "seen": found.seen, "figures": dict(found.figures)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(stored["step"], Finding(Verdict(stored["verdict"]), stored["seen"], stored["figures"]))


def passed(seen: str, **figures: str | int) -> Finding:
    """As it must be."""
    return Finding(Verdict.PASSED, seen, figures)


def failed(seen: str, **figures: str | int) -> Finding:
    """Must be changed before people use the portal."""
    return Finding(Verdict.FAILED, seen, figures)


def warning(seen: str, **figures: str | int) -> Finding:
    """Should be changed."""
    return Finding(Verdict.WARNING, seen, figures)


def not_applicable(seen: str, **figures: str | int) -> Finding:
    """The portal has no such thing, or it could not be tried."""
    return Finding(Verdict.NOT_APPLICABLE, seen, figures)
