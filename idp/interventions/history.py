"""What was done to an account, as staff and its person read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from idp.accounts.restrictions import Method, Reach, Scope
from idp.accounts.tables import restrictions
from idp.interventions import orders
from idp.interventions.orders import Reason
from idp.interventions.tables import interventions
from idp.storage import Row, Statement, Unit
from idp.storage.lists import among


@dataclass(frozen=True, slots=True)
class Act:
    """One act on one account. `imposes` says whether something holds by it, and `ended_at` since when it does not."""

    id: UUID
    account_id: UUID
    act: orders.Act
    reason: Reason
    basis: str
    asked_by: str
    actor: str
    scope: Scope
    method: Method | None
    until: datetime | None
    ended_at: datetime | None
    made_at: datetime
    notice: str
    undoes: UUID | None
    job_id: UUID | None

    @property
    def holds(self) -> bool:
        """Whether what it imposed stands."""
        return self.act.imposes is not None and self.ended_at is None


def _acts() -> Select[Any]:
    return select(interventions, restrictions.c.lifted_at).select_from(
        interventions.outerjoin(restrictions, restrictions.c.act_id == interventions.c.id)
    )


_OF_ACCOUNT: Final = Statement(
    _acts().where(interventions.c.account_id == bindparam("account")).order_by(interventions.c.id.desc())
)
_SOME: Final = Statement(_acts().where(among(interventions.c.id, "ids")).order_by(interventions.c.id.desc()))


def acts_of(db: Unit, account_id: UUID) -> list[Act]:
    """Everything that was done to it, the newest first."""
    return [_read(row) for row in db.all(_OF_ACCOUNT, account=account_id)]


def act(db: Unit, act_id: UUID) -> Act | None:
    """The one with this id."""
    found = acts_with(db, [act_id])
    return found[0] if found else None


def acts_with(db: Unit, ids: Sequence[UUID]) -> list[Act]:
    """Those with these ids that there are, the newest first."""
    return [_read(row) for row in db.all(_SOME, ids=ids)]


def _read(row: Row) -> Act:
    return Act(
        id=row.id,
        account_id=row.account_id,
        act=orders.Act(row.act),
        reason=Reason(row.reason),
        basis=row.basis,
        asked_by=row.asked_by,
        actor=row.actor,
        scope=Scope(Reach(row.reach), row.reach_of),
        method=Method(row.method) if row.method else None,
        until=row.ends_at,
        ended_at=row.lifted_at,
        made_at=row.made_at,
        notice=row.notice,
        undoes=row.undoes,
        job_id=row.job_id,
    )
