"""Making somebody staff, and no staff any more, with four eyes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from idp import approvals
from idp.admin import staff
from idp.admin.roles import Role
from idp.admin.staff import Staff, StaffUnknown
from idp.approvals import Submitted
from idp.errors import Kind, Refusal
from idp.storage import Unit


class NobodyToEmploy(Refusal):
    """Nobody has an account with this number, and no portal has this client_id: there is nobody to make staff.

    Operator: a person opens an account first; a program is a portal of the profile `service`.
    """

    code = "nobody_to_employ"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Addition:
    """Who becomes staff, as what: a person (`account_id`) or a program (`portal_id`)."""

    role: Role
    province: str | None = None
    account_id: UUID | None = None
    portal_id: UUID | None = None

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """As a proposal has it."""
        account, portal = payload["account"], payload["portal"]
        return cls(
            Role(payload["role"]),
            payload["province"],
            UUID(account) if account else None,
            UUID(portal) if portal else None,
        )

    def to_json(self) -> dict[str, Any]:
        """For a proposal."""
        return {
            "role": self.role,
            "province": self.province,
            "account": str(self.account_id) if self.account_id else None,
            "portal": str(self.portal_id) if self.portal_id else None,
        }

    def carry_out(self, db: Unit, *, actor: str, why: str, now: datetime) -> Staff:
        """Make them staff; raises `StaffUnfit`."""
        return staff.add(
            db,
            self.role,
            account_id=self.account_id,
            portal_id=self.portal_id,
            province=self.province,
            actor=actor,
            why=why,
            now=now,
        )


def submit_addition(
    db: Unit,
    wanted: Addition,
    *,
    actor: str,
    why: str,
    glass: str | None = None,
    form: UUID | None = None,
    now: datetime,
) -> Submitted[Staff]:
    """Propose it where four eyes hold, else do it; the rest as in `approvals.submit`. Raises `StaffUnfit`."""
    staff.refuse_unfit(wanted.role, wanted.province)
    return approvals.submit(
        db,
        approvals.Kind.STAFF_ADDED,
        wanted.to_json(),
        lambda: wanted.carry_out(db, actor=actor, why=glass or why, now=now),
        actor=actor,
        why=why,
        glass=glass,
        form=form,
        now=now,
    )


def submit_removal(
    db: Unit,
    staff_id: UUID,
    *,
    actor: str,
    why: str,
    glass: str | None = None,
    form: UUID | None = None,
    now: datetime,
) -> Submitted[None]:
    """Propose that they are staff no more, or do it, as above. Raises `StaffUnknown`."""
    if staff.find(db, staff_id) is None:
        raise StaffUnknown
    return approvals.submit(
        db,
        approvals.Kind.STAFF_REMOVED,
        {"staff": str(staff_id)},
        lambda: staff.remove(db, staff_id, actor=actor, why=glass or why, now=now),
        actor=actor,
        why=why,
        glass=glass,
        form=form,
        now=now,
    )
