"""Who may send a delivery.

A claim commits before the portal is called and holds for a while. Whatever dies after it, another takes the delivery up
again: a portal may hear one twice, with one `jti`, and is never not told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, literal_column, or_, select, update

from idp.signals import portal_health
from idp.signals.tables import deliveries
from idp.signals.tables import portal_health as health
from idp.storage import Statement, Unit

HELD: Final = timedelta(seconds=30)
"""How long whoever sends one has it. A call takes a few seconds at most."""

_WAITS = deliveries.c.settled_at.is_(None)
_IS_DUE = (
    _WAITS,
    deliveries.c.due_at <= bindparam("now"),
    or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= bindparam("now")),
)


def _first_portal(*after: ColumnElement[bool]) -> ScalarSelect[UUID]:
    return (
        select(deliveries.c.portal_id)
        .where(_WAITS, *after)
        .order_by(deliveries.c.portal_id)
        .limit(literal_column("1"))  # bound, the planner would have to guess it
        .scalar_subquery()
    )


def _due_at(portal: ColumnElement[UUID]) -> ScalarSelect[datetime]:
    """When the first of what is due at a portal was. An EXISTS might be joined, which reads every row that waits."""
    return (
        select(deliveries.c.due_at)
        .where(deliveries.c.portal_id == portal, *_IS_DUE)
        .order_by(deliveries.c.due_at)
        .limit(literal_column("1"))
        .scalar_subquery()
    )


# From portal to portal through the index, one step each: a DISTINCT would read every row that waits.
_line = select(_first_portal().label("portal_id")).cte("line", recursive=True)
_LINE = _line.union_all(
    select(_first_portal(deliveries.c.portal_id > _line.c.portal_id).label("portal_id")).where(
        _line.c.portal_id.is_not(None)
    )
)
_PORTALS: Final = Statement(
    select(_LINE.c.portal_id, health.c.failures)
    .select_from(_LINE.outerjoin(health, health.c.portal_id == _LINE.c.portal_id))
    .where(
        _LINE.c.portal_id.is_not(None),
        or_(health.c.paused_until.is_(None), health.c.paused_until <= bindparam("now")),
        _due_at(_LINE.c.portal_id).is_not(None),
    )
)

# A common table expression runs once, so each row is claimed once. SQLite has one writer and needs no lock.
_NEXT = (
    select(deliveries.c.id)
    .where(deliveries.c.portal_id == bindparam("portal"), *_IS_DUE)
    .order_by(deliveries.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next")
)
_CLAIM: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id.in_(select(_NEXT.c.id)))
    .values(claimed_until=bindparam("until"), sent_at=bindparam("now"), tries=deliveries.c.tries + 1)
    .returning(
        deliveries.c.id,
        deliveries.c.account_id,
        deliveries.c.sub,
        deliveries.c.sid,
        deliveries.c.tries,
        deliveries.c.queued_at,
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one lane, and nobody else, may send. `tries` counts this one too; `sid` None means everywhere."""

    id: UUID
    account_id: UUID
    sub: str
    sid: str | None
    tries: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A portal that something is to be sent to. One that `is_tested` has not taken the last ones: it gets one, and the
    others wait for how that ends."""

    portal_id: UUID
    is_tested: bool


def portals_with_due(db: Unit, *, now: datetime) -> list[Due]:
    """The portals that something is to be sent to now; not those that are left in peace for a while."""
    rows = db.all(_PORTALS, now=now)
    return [Due(row.portal_id, (row.failures or 0) >= portal_health.MOST_FAILURES) for row in rows]


def claim(db: Unit, portal_id: UUID, *, most: int, now: datetime) -> list[Claim]:
    """Take the portal's deliveries that have been due longest, at most so many; of several workers one gets each."""
    return [Claim(*row) for row in db.all(_CLAIM, portal=portal_id, most=most, now=now, until=now + HELD)]


def claim_a_test(db: Unit, portal_id: UUID, *, now: datetime) -> list[Claim]:
    """Take one to see whether the portal takes it; of several workers one does that, and once a pause."""
    if not portal_health.take_the_test(db, portal_id, until=now + HELD, now=now):
        return []
    return claim(db, portal_id, most=1, now=now)
