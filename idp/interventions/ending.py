"""Suspensions that end by themselves."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.accounts.notifying import tell
from idp.accounts.state_changes import StateUnfit, change_state
from idp.accounts.states import State
from idp.audit import record
from idp.audit.events import SuspensionEnded
from idp.interventions.orders import Act
from idp.interventions.tables import interventions
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit

_AT_ONCE: Final = 100

_DUE: Final = Statement(
    select(interventions.c.id, interventions.c.account_id)
    .where(interventions.c.ended_at.is_(None), interventions.c.ends_at <= bindparam("now"))
    .order_by(interventions.c.ends_at)
    .limit(_AT_ONCE)
)
_END: Final = Statement(
    update(interventions)
    .where(
        interventions.c.id == bindparam("id_"),
        interventions.c.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"))
    .returning(interventions.c.account_id, interventions.c.reach)
)
_LATER: Final = Statement(
    select(interventions.c.id)
    .where(
        interventions.c.account_id == bindparam("account"),
        interventions.c.id > bindparam("id_"),
        interventions.c.reach == bindparam("reach_"),
        interventions.c.act != str(Act.RESTORE),
    )
    .limit(1)
)


async def end_due(database: Database, keyring: Keyring, *, now: datetime) -> int:
    """End every suspension whose time is over; how many. Any number of workers may do it at once."""
    due = await database.read(_due, now=now)
    for row_id in due:
        await database.run(end, keyring, row_id, now=now)
    return len(due)


def end(db: Unit, keyring: Keyring, act_id: UUID, *, now: datetime) -> None:
    """Restore the account, unless it was suspended anew or revoked since; once."""
    row = db.one(_END, id_=act_id, now=now)
    if row is None or row.reach != "everything":
        # What holds at some portals ends by its own time (`accounts.restrictions`).
        return
    if db.one(_LATER, account=row.account_id, id_=act_id, reach_=row.reach) is not None:
        return
    try:
        change_state(db, row.account_id, State.ACTIVE, now=now)
    except StateUnfit:
        return
    record(db, SuspensionEnded(act_id), account_id=row.account_id, now=now)
    tell(db, keyring, row.account_id, "account_restored", now=now)


def _due(db: Unit, *, now: datetime) -> list[UUID]:
    return [row.id for row in db.all(_DUE, now=now)]
