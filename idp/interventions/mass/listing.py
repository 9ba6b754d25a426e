"""Which accounts a mass act was done to, and which not: by their ids, in the order of its source."""

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.interventions.mass.jobs import MemberState
from idp.interventions.tables import mass_members
from idp.storage import Database, Row, Statement, Unit

_STEP: Final = 10_000

_PAGE: Final = Statement(
    select(mass_members.c.position, mass_members.c.account_id, mass_members.c.act_id)
    .where(
        mass_members.c.job_id == bindparam("job"),
        mass_members.c.state == bindparam("state_"),
        mass_members.c.position > bindparam("after"),
    )
    .order_by(mass_members.c.position)
    .limit(bindparam("most"))
)


async def members_of(database: Database, job_id: UUID, state: MemberState) -> list[dict[str, UUID | None]]:
    """Every member in one state: `account`, and the `act` that was done to it, if any."""
    found: list[dict[str, UUID | None]] = []
    after = 0
    while rows := await database.read(_page, job_id, state, after):
        found += [{"account": row.account_id, "act": row.act_id} for row in rows]
        after = rows[-1].position
    return found


def first_members(db: Unit, job_id: UUID, state: MemberState, *, after: int = 0, most: int = _STEP) -> list[Row]:
    """At most that many of them after a position, for who reads on a screen: position, account_id, act_id."""
    return _page(db, job_id, state, after, most)


def _page(db: Unit, job_id: UUID, state: MemberState, after: int, most: int = _STEP) -> list[Row]:
    return db.all(_PAGE, job=job_id, state_=str(state), after=after, most=most)
