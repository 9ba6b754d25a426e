"""Who is staff: people with an account, and programs with a client_id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from idp import approvals
from idp.admin.roles import OF_A_PROVINCE, PERMISSIONS, PERSONS_ONLY, PROPOSED_WITH, Permission, Role
from idp.admin.staff_sessions import Ending, end_all
from idp.admin.tables import staff
from idp.approvals.approvers import may_approve_from_now, may_approve_no_more
from idp.audit import record
from idp.audit.events import StaffAdded, StaffRemoved
from idp.errors import Kind, Refusal
from idp.register.provinces import provinces
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import upsert


class StaffUnfit(Refusal):
    """A role does not go with a province, or none with a role that needs one, or there is no such province.

    Operator: a provincial admin needs `--province`, a helpdesk may have one, all others are of the nation.
    """

    code = "staff_unfit"


class StaffUnknown(Refusal):
    """This person or program is no staff, or is none any more.

    Operator: `idp staff list` shows who is.
    """

    code = "staff_unknown"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who may act in the console, or a program that may by the API (`portal_id`).

    `session_id` is the staff session of this request, None for a program.
    """

    id: UUID
    role: Role
    province: str | None
    account_id: UUID | None
    portal_id: UUID | None
    session_id: UUID | None = None

    @classmethod
    def of(cls, row: Row, *, session_id: UUID | None = None) -> Self:
        """From a row that has the columns of `COLUMNS`."""
        return cls(row.staff_id, Role(row.role), row.province, row.account_id, row.portal_id, session_id)

    @property
    def actor(self) -> str:
        """As acts, proposals and the audit name them."""
        return str(self.id)

    def may(self, permission: Permission) -> bool:
        """Whether the role may. A program never approves and never reviews."""
        if self.portal_id is not None and permission in PERSONS_ONLY:
            return False
        return permission in PERMISSIONS[self.role]

    def reaches(self, province: str | None) -> bool:
        """Whether somebody who lives there, or a portal of that province, is theirs to act on."""
        return self.province is None or self.province == province


COLUMNS: Final = (staff.c.id.label("staff_id"), staff.c.role, staff.c.province, staff.c.account_id, staff.c.portal_id)


def _living() -> Select[Any]:
    return select(*COLUMNS).where(staff.c.removed_at.is_(None))


_BY_ID: Final = Statement(_living().where(staff.c.id == bindparam("id_")))
_EVER: Final = Statement(select(*COLUMNS).where(staff.c.id == bindparam("id_")))
_HELD: Final = Statement(_living().where(staff.c.id == bindparam("id_")).with_for_update(read=True))
_OF_ACCOUNT: Final = Statement(_living().where(staff.c.account_id == bindparam("account")))
_OF_PORTAL: Final = Statement(_living().where(staff.c.portal_id == bindparam("portal")))
_EVERY: Final = Statement(_living().order_by(staff.c.role, staff.c.province, staff.c.added_at))


def _add(key: str) -> Statement:
    offered = ("role", "province", "added_at", "removed_at")
    again = upsert(staff, keys=[key], set_=lambda row: {column: row[column] for column in offered})
    return Statement(again.returning(staff.c.id))


_ADD_PERSON: Final = _add("account_id")
_ADD_PROGRAM: Final = _add("portal_id")
_REMOVE: Final = Statement(
    update(staff)
    .where(staff.c.id == bindparam("id_"), staff.c.removed_at.is_(None))
    .values(removed_at=bindparam("now"))
    .returning(staff.c.id)
)


def find(db: Unit, staff_id: UUID) -> Staff | None:
    """The member of staff with this id, while they are one."""
    return _one(db.one(_BY_ID, id_=staff_id))


def ever(db: Unit, staff_id: UUID) -> Staff | None:
    """The same, also of those who are none any more: what they did they did as staff."""
    return _one(db.one(_EVER, id_=staff_id))


def held(db: Unit, staff_id: UUID) -> Staff | None:
    """The same, and nobody removes them or changes the role until this unit has committed."""
    return _one(db.one(_HELD, id_=staff_id))


def of_account(db: Unit, account_id: UUID) -> Staff | None:
    """The member of staff whose account this is."""
    return _one(db.one(_OF_ACCOUNT, account=account_id))


def of_portal(db: Unit, portal_id: UUID) -> Staff | None:
    """The program with this portal's client credentials, when it is staff."""
    return _one(db.one(_OF_PORTAL, portal=portal_id))


def everybody(db: Unit) -> list[Staff]:
    """All of them, by role and province."""
    return [Staff.of(row) for row in db.all(_EVERY)]


def refuse_unfit(role: Role, province: str | None) -> None:
    """Raise `StaffUnfit` where role and province do not go together."""
    if province is None:
        if role is Role.PROVINCIAL_ADMIN:
            raise StaffUnfit("province_missing")
    elif role not in OF_A_PROVINCE:
        raise StaffUnfit("role_of_the_nation")
    elif province not in provinces():
        raise StaffUnfit("no_such_province")


def add(
    db: Unit,
    role: Role,
    *,
    account_id: UUID | None = None,
    portal_id: UUID | None = None,
    province: str | None = None,
    actor: str,
    why: str | None = None,
    now: datetime,
) -> Staff:
    """Make a person (`account_id`) or a program (`portal_id`) staff, or give them another role: then they are out of
    the console, and come in again with that one; what they may propose no more is closed for `why`.

    Raises `StaffUnfit`.
    """
    refuse_unfit(role, province)
    values = {"account_id": account_id, "portal_id": portal_id, "role": role, "province": province, "added_at": now}
    row = db.one(_ADD_PERSON if portal_id is None else _ADD_PROGRAM, id=new_id(now), **values)
    assert row is not None
    added = Staff(row.id, role, province, account_id, portal_id)
    end_all(db, added.id, Ending.ROLE_CHANGED, now=now)
    if added.may(Permission.APPROVE):
        may_approve_from_now(db, added.actor)
    else:
        may_approve_no_more(db, added.actor)
    lost = [kind for kind, permission in PROPOSED_WITH.items() if not added.may(permission)]
    approvals.withdraw_all(db, added.actor, lost, actor=actor, why=why, now=now)
    record(
        db,
        StaffAdded(staff_id=added.id, role=role, province=province and f"p{province}"),
        account_id=account_id,
        portal_id=portal_id,
        actor=actor,
        now=now,
    )
    return added


def remove(db: Unit, staff_id: UUID, *, actor: str, why: str, now: datetime) -> None:
    """They are staff no more from now on: out of the console, and what they proposed is closed for `why`.

    Raises `StaffUnknown`.
    """
    gone = find(db, staff_id)
    if db.one(_REMOVE, id_=staff_id, now=now) is None or gone is None:
        raise StaffUnknown
    end_all(db, staff_id, Ending.REMOVED, now=now)
    may_approve_no_more(db, gone.actor)
    approvals.withdraw_all(db, gone.actor, tuple(PROPOSED_WITH), actor=actor, why=why, now=now)
    record(
        db,
        StaffRemoved(staff_id=staff_id),
        account_id=gone.account_id,
        portal_id=gone.portal_id,
        actor=actor,
        now=now,
    )


def _one(row: Row | None) -> Staff | None:
    return Staff.of(row) if row else None
