"""What a proposal is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from idp.storage import Row

LIFETIME: Final = timedelta(hours=24)
"""How long another person has to decide."""


class Kind(StrEnum):
    """What is proposed. Each is carried out by a room above."""

    MASS = "mass"
    KEY_ROTATION = "key-rotation"
    TRUST_LIST = "trust-list"
    STAFF_ADDED = "staff-added"
    STAFF_REMOVED = "staff-removed"
    PORTAL_CHANGED = "portal-changed"


class State(StrEnum):
    """What became of it. One that nobody decided stays open in the table and is dead after its time.

    `ALONE` was never proposed: it was done at once, as there were no two who may approve.
    """

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    BROKEN_GLASS = "broken-glass"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Summary:
    """One of them without what it proposes: enough for a list.

    `proposed_by`, `decided_by` and `reviewed_by` are actors as the audit has them.
    """

    id: UUID
    kind: Kind
    why: str = field(repr=False)
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str | None = field(repr=False)
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_note: str | None = field(repr=False)

    @classmethod
    def of(cls, row: Row) -> Self:
        """From a row of `proposals` that has the columns of this class."""
        return cls(**{**row._asdict(), "kind": Kind(row.kind), "state": State(row.state)})

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may still decide it."""
        return self.state is State.OPEN and now < self.expires_at

    @property
    def awaits_review(self) -> bool:
        """Whether it was done at once and nobody has looked at it since."""
        return self.state is State.BROKEN_GLASS and self.reviewed_at is None


@dataclass(frozen=True, slots=True)
class Proposal(Summary):
    """One of them, with all there is to approve."""

    payload: dict[str, Any] = field(repr=False)
