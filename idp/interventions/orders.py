"""What an intervention is to do, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from idp.accounts.restrictions import Scope
from idp.accounts.states import State
from idp.errors import Refusal

EVERYTHING: Final = Scope()
LONGEST_BASIS: Final = 500
LONGEST_ASKED_BY: Final = 200


class Act(StrEnum):
    """What is done."""

    SUSPEND = "suspend"
    REVOKE = "revoke"
    RESTORE = "restore"

    @property
    def state(self) -> State:
        """Where it leads the account."""
        return {Act.SUSPEND: State.SUSPENDED, Act.REVOKE: State.REVOKED, Act.RESTORE: State.ACTIVE}[self]


class Reason(StrEnum):
    """Why: the grounds of Decree 69/2024 and the Law on Identification, article 34, and those of our own house."""

    OWN_REQUEST = "own-request"
    TERMS_BREACH = "terms-breach"
    CARD_WITHDRAWN = "card-withdrawn"
    CARD_EXPIRED = "card-expired"
    DEATH = "death"
    NUMBER_CANCELLED = "number-cancelled"
    COMPETENT_AUTHORITY = "competent-authority"
    STOLEN_CREDENTIALS = "stolen-credentials"
    LEAKED_BATCH = "leaked-batch"
    WEAK_KEY = "weak-key"
    ERROR = "error"


class OrderUnfit(Refusal):
    """An intervention names no basis or one that is too long, or asks for what there is not: a revocation in part.

    Operator: write the decision, the request or the rule that it rests on, in a sentence. What ends part of an account,
    or ends by itself, is a suspension.
    """

    code = "order_unfit"


@dataclass(frozen=True, slots=True)
class Order:
    """One act on one account. `actor` is who does it, `asked_by` who wanted it.

    `scope` is where it holds, and `at` the portals that are there now; they matter for a suspension of part of it.
    `until` is when a suspension ends by itself.
    """

    account_id: UUID
    act: Act
    reason: Reason
    basis: str
    actor: str
    asked_by: str = ""
    scope: Scope = EVERYTHING
    at: frozenset[UUID] = frozenset()
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Raises `OrderUnfit`."""
        if self.act is Act.REVOKE and (self.scope != EVERYTHING or self.until is not None):
            raise OrderUnfit("revoked_in_part")
        if self.act is Act.RESTORE and self.until is not None:
            raise OrderUnfit("restored_for_a_time")
        if not self.basis.strip() or not self.basis.isprintable() or len(self.basis) > LONGEST_BASIS:
            raise OrderUnfit("basis")
        if not self.asked_by.isprintable() or len(self.asked_by) > LONGEST_ASKED_BY:
            raise OrderUnfit("asked_by")
