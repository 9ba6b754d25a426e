"""What an intervention is to do, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from idp.accounts.restrictions import EVERYTHING, Kind, Method, Reach, Scope
from idp.errors import Refusal
from idp.portals.portals import Portals
from idp.portals.registering import PortalUnknown

__all__ = [
    "CITIZEN",
    "EVERYTHING",
    "LONGEST_ASKED_BY",
    "LONGEST_BASIS",
    "LONGEST_NOTICE",
    "Act",
    "Method",
    "Order",
    "OrderUnfit",
    "Reach",
    "Reason",
    "Scope",
    "order_at",
]

LONGEST_BASIS: Final = 500
LONGEST_ASKED_BY: Final = 200
LONGEST_NOTICE: Final = 160

CITIZEN: Final = "citizen"
"""The actor of what people do with their own accounts."""


class Act(StrEnum):
    """What is done."""

    SUSPEND = "suspend"
    REVOKE = "revoke"
    RESTORE = "restore"
    LOCK_METHOD = "lock-method"
    UNLOCK_METHOD = "unlock-method"
    NEW_PASSWORD = "new-password"  # noqa: S105  (a word)
    RE_PROOF = "re-proof"

    @property
    def imposes(self) -> Kind | None:
        """What is held against the account from then on; None for what lifts something."""
        return _IMPOSES.get(self)


_IMPOSES: Final = {
    Act.SUSPEND: Kind.SUSPENDED,
    Act.REVOKE: Kind.REVOKED,
    Act.LOCK_METHOD: Kind.METHOD,
    Act.NEW_PASSWORD: Kind.NEW_PASSWORD,
    Act.RE_PROOF: Kind.RE_PROOF,
}


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
    or ends by itself, is a suspension; a method is named where one is locked or unlocked, and nowhere else.
    """

    code = "order_unfit"


@dataclass(frozen=True, slots=True)
class Order:
    """One act, on whichever accounts. `actor` is who does it, `asked_by` who wanted it; `notice` is for the citizen.

    `scope` is where it holds, and `at` the portals that are there now; they matter for a suspension of part of it.
    `until` is when what was imposed ends by itself. `undoes` is the id of an act, or of a job: then only what that
    imposed is lifted, whatever it was.
    """

    act: Act
    reason: Reason
    basis: str
    actor: str
    asked_by: str = ""
    scope: Scope = EVERYTHING
    at: frozenset[UUID] = frozenset()
    until: datetime | None = None
    method: Method | None = None
    notice: str = ""
    undoes: UUID | None = None

    def __post_init__(self) -> None:
        """Raises `OrderUnfit`."""
        if self.scope != EVERYTHING and self.act not in (Act.SUSPEND, Act.RESTORE):
            raise OrderUnfit("in_part")
        if self.until is not None and self.act not in (Act.SUSPEND, Act.LOCK_METHOD):
            raise OrderUnfit("for_a_time")
        if (self.method is not None) != (self.act in (Act.LOCK_METHOD, Act.UNLOCK_METHOD)):
            raise OrderUnfit("method")
        if self.undoes is not None and (self.act is not Act.RESTORE or self.scope != EVERYTHING):
            raise OrderUnfit("undoes")
        if not self.basis.strip() or not self.basis.isprintable() or len(self.basis) > LONGEST_BASIS:
            raise OrderUnfit("basis")
        if not self.asked_by.isprintable() or len(self.asked_by) > LONGEST_ASKED_BY:
            raise OrderUnfit("asked_by")
        if not self.notice.isprintable() or len(self.notice) > LONGEST_NOTICE:
            raise OrderUnfit("notice")

    def to_json(self) -> dict[str, Any]:
        """For what waits to be carried out: a proposal, a job."""
        return {
            "act": str(self.act),
            "reason": str(self.reason),
            "basis": self.basis,
            "actor": self.actor,
            "asked_by": self.asked_by,
            "scope": [str(self.scope.reach), self.scope.of],
            "at": sorted(portal_id.hex for portal_id in self.at),
            "until": self.until.isoformat() if self.until else None,
            "method": str(self.method) if self.method else None,
            "notice": self.notice,
            "undoes": self.undoes.hex if self.undoes else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        reach, of = stored["scope"]
        return cls(
            act=Act(stored["act"]),
            reason=Reason(stored["reason"]),
            basis=stored["basis"],
            actor=stored["actor"],
            asked_by=stored["asked_by"],
            scope=Scope(Reach(reach), of),
            at=frozenset(UUID(each) for each in stored["at"]),
            until=datetime.fromisoformat(stored["until"]) if stored["until"] else None,
            method=Method(stored["method"]) if stored["method"] else None,
            notice=stored["notice"],
            undoes=UUID(stored["undoes"]) if stored["undoes"] else None,
        )


def order_at(portals: Portals, act: Act, *, portal: str = "", province: str = "", **said: Any) -> Order:
    """An order for everything, for the portal with this client_id, or for the portals of this province.

    `said` is the rest of the order. Raises `PortalUnknown`, and `OrderUnfit` for two places at once or none there is.
    """
    if portal and province:
        raise OrderUnfit("two_scopes")
    if portal:
        found = portals.get(portal)
        if found is None:
            raise PortalUnknown
        return Order(act, scope=Scope.portal(found.id), at=frozenset({found.id}), **said)
    if province:
        there = frozenset(each.id for each in portals if each.province == province)
        if not there:
            raise OrderUnfit("no_portal_in_this_province")
        return Order(act, scope=Scope.province(province), at=there, **said)
    return Order(act, **said)
