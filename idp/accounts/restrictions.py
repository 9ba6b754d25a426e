"""What an account may not do for a while, though it is in use: the portals where it lets nobody in.

A row of the account says whether there are any, so that those who issue read no second table for nearly everybody.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select, update

from idp.accounts.states import State
from idp.accounts.tables import accounts, restrictions
from idp.errors import Kind, Refusal
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id


class Reach(StrEnum):
    """At which portals something holds."""

    EVERYTHING = "everything"
    PROVINCE = "province"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Scope:
    """A reach, and of what: a province's code, or a portal's id in hexadecimal."""

    reach: Reach = Reach.EVERYTHING
    of: str = ""

    @classmethod
    def province(cls, code: str) -> Self:
        """All portals of a province."""
        return cls(Reach.PROVINCE, code)

    @classmethod
    def portal(cls, portal_id: UUID) -> Self:
        """One portal."""
        return cls(Reach.PORTAL, portal_id.hex)

    def covers(self, portal_id: UUID, province: str | None) -> bool:
        """Whether a portal is among them."""
        match self.reach:
            case Reach.EVERYTHING:
                return True
            case Reach.PROVINCE:
                return province is not None and self.of == province
            case Reach.PORTAL:
                return self.of == portal_id.hex


class SuspendedHere(Refusal):
    """The account is suspended at this portal, or in its province, and is good elsewhere.

    Operator: `idp interventions list` names the act and its end. Whoever asked for it is asked to have it lifted.
    """

    code = "suspended_here"
    kind = Kind.NOT_ALLOWED


_MARK: Final = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("id_"), accounts.c.state == str(State.ACTIVE))
    .values(restricted=True)
)
_IMPOSE: Final = Statement(insert(restrictions))
_STANDING = (restrictions.c.account_id == bindparam("account"), restrictions.c.lifted_at.is_(None))
_IN_FORCE: Final = Statement(
    select(restrictions.c.reach, restrictions.c.reach_of).where(
        *_STANDING, or_(restrictions.c.ends_at.is_(None), restrictions.c.ends_at > bindparam("now"))
    )
)
_LIFT: Final = Statement(
    update(restrictions)
    .where(*_STANDING, restrictions.c.reach == bindparam("reach_"), restrictions.c.reach_of == bindparam("of_"))
    .values(lifted_at=bindparam("now"))
)


def impose(db: Unit, account_id: UUID, act_id: UUID, scope: Scope, *, ends_at: datetime | None, now: datetime) -> bool:
    """Let nobody in there until then; False, and nothing done, for an account that is not in use.

    Writes the account's row first, as `state_changes` does, and for its reason.
    """
    if db.execute(_MARK, id_=account_id) != 1:
        return False
    db.write(
        _IMPOSE,
        id=new_id(now),
        account_id=account_id,
        act_id=act_id,
        reach=str(scope.reach),
        reach_of=scope.of,
        begins_at=now,
        ends_at=ends_at,
        lifted_at=None,
    )
    return True


def lift(db: Unit, account_id: UUID, scope: Scope, *, now: datetime) -> bool:
    """Let people in there again; False when nothing of that very scope stood."""
    return db.execute(_LIFT, account=account_id, reach_=str(scope.reach), of_=scope.of, now=now) > 0


def in_force(db: Unit, account_id: UUID, *, now: datetime) -> list[Scope]:
    """Where the account lets nobody in."""
    return [_scope(row) for row in db.all(_IN_FORCE, account=account_id, now=now)]


def refuse_restricted(db: Unit, account_id: UUID, *, portal_id: UUID, province: str | None, now: datetime) -> None:
    """Raise `SuspendedHere` where the account may not be used at this portal: for one that is `restricted`."""
    if any(scope.covers(portal_id, province) for scope in in_force(db, account_id, now=now)):
        raise SuspendedHere


def _scope(row: Row) -> Scope:
    return Scope(Reach(row.reach), row.reach_of)
