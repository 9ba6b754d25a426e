"""How each portal takes what it is told, and how long one that does not is left in peace.

Kept in the database and not in a process: all workers leave a dead portal in peace together, and one of them tries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from idp.signals.tables import deliveries, portal_health
from idp.storage import Statement, Unit
from idp.storage.columns import Moment
from idp.storage.upserts import upsert

MOST_FAILURES: Final = 3
"""So many tries in a row that a portal does not take, and it is left in peace between single ones."""

UNREACHABLE_AFTER: Final = timedelta(minutes=15)
"""A portal that still takes nothing after this is unreachable; what ends sooner is a restart."""

LONGEST_PAUSE: Final = timedelta(minutes=5)
_SHORTEST_PAUSE: Final = timedelta(seconds=1)

_NO_TROUBLE: Final = {
    "failing_since": None,
    "failures": 0,
    "reason": None,
    "paused_until": None,
    "unreachable_at": None,
    "given_up_at": None,
}
_WELL: Final = Statement(
    upsert(
        portal_health,
        keys=["portal_id"],
        set_=lambda new: {"taken_at": func.coalesce(new.taken_at, portal_health.c.taken_at), **_NO_TROUBLE},
    )
)
# Mostly it finds no row, so it holds none.
_WELL_AGAIN: Final = Statement(
    update(portal_health)
    .where(portal_health.c.portal_id == bindparam("portal"), portal_health.c.failing_since.is_not(None))
    .values(taken_at=func.coalesce(bindparam("at", type_=Moment()), portal_health.c.taken_at), **_NO_TROUBLE)
)
_NOT_TAKEN: Final = Statement(
    upsert(
        portal_health,
        keys=["portal_id"],
        set_=lambda new: {
            "failing_since": func.coalesce(portal_health.c.failing_since, new.failing_since),
            "failures": portal_health.c.failures + new.failures,
            "reason": new.reason,
        },
    ).returning(portal_health.c.failing_since, portal_health.c.failures)
)
_PAUSE: Final = Statement(
    update(portal_health)
    .where(portal_health.c.portal_id == bindparam("portal"))
    .values(
        paused_until=bindparam("until"),
        unreachable_at=func.coalesce(portal_health.c.unreachable_at, bindparam("away_at", type_=Moment())),
    )
)
_TAKE_TEST: Final = Statement(
    update(portal_health)
    .where(portal_health.c.portal_id == bindparam("portal"), portal_health.c.paused_until <= bindparam("now"))
    .values(paused_until=bindparam("until"))
)
_GAVE_UP: Final = Statement(
    update(portal_health)
    .where(portal_health.c.portal_id == bindparam("portal"), portal_health.c.given_up_at.is_(None))
    .values(given_up_at=bindparam("now"))
)
_EVERY: Final = Statement(select(portal_health))
_WAITING: Final = Statement(
    select(
        deliveries.c.portal_id,
        func.count().label("waiting"),
        func.min(deliveries.c.queued_at).label("oldest"),
    )
    .where(deliveries.c.settled_at.is_(None))
    .group_by(deliveries.c.portal_id)
)


@dataclass(frozen=True, slots=True)
class PortalHealth:
    """How one portal takes what it is told.

    `taken_at` is the last time that it took something, to within ten seconds. `failing_since` is None while all is
    well; `reason` says how the last try failed. `waiting` deliveries are neither taken nor given up, the oldest since
    `oldest`. `told_at` is when its contacts were told of the outage.
    """

    portal_id: UUID
    taken_at: datetime | None
    failing_since: datetime | None
    failures: int
    reason: str | None
    paused_until: datetime | None
    given_up_at: datetime | None
    told_at: datetime | None
    waiting: int
    oldest: datetime | None


def healths(db: Unit) -> list[PortalHealth]:
    """Of every portal that was ever told something, or that something waits for."""
    known = {row.portal_id: row for row in db.all(_EVERY)}
    waiting = {row.portal_id: row for row in db.all(_WAITING)}
    found = []
    for portal_id in sorted(known.keys() | waiting.keys()):
        row, queue = known.get(portal_id), waiting.get(portal_id)
        found.append(
            PortalHealth(
                portal_id=portal_id,
                taken_at=row.taken_at if row else None,
                failing_since=row.failing_since if row else None,
                failures=row.failures if row else 0,
                reason=row.reason if row else None,
                paused_until=row.paused_until if row else None,
                given_up_at=row.given_up_at if row else None,
                told_at=row.told_at if row else None,
                waiting=queue.waiting if queue else 0,
                oldest=queue.oldest if queue else None,
            )
        )
    return found


def is_well(db: Unit, portal_id: UUID, *, taken_at: datetime | None) -> None:
    """It answers; `taken_at` when it took something, too."""
    db.write(_WELL, portal_id=portal_id, taken_at=taken_at, failures=0)


def is_well_again(db: Unit, portal_id: UUID, *, taken_at: datetime | None) -> None:
    """The same, written only where it was in trouble."""
    db.write(_WELL_AGAIN, portal=portal_id, at=taken_at)


def did_not_take(db: Unit, portal_id: UUID, reason: str, *, times: int, now: datetime) -> datetime:
    """It did not take the last `times` that it was told; since when it takes nothing.

    After a few in a row it is left in peace, each time for as long as it has been in trouble: the pauses double.
    """
    row = db.one(_NOT_TAKEN, portal_id=portal_id, failing_since=now, failures=times, reason=reason)
    assert row is not None
    if row.failures >= MOST_FAILURES:
        failing_for = now - row.failing_since
        pause = min(max(failing_for, _SHORTEST_PAUSE), LONGEST_PAUSE)
        away_at = now if failing_for >= UNREACHABLE_AFTER else None
        db.execute(_PAUSE, portal=portal_id, until=now + pause, away_at=away_at)
    since: datetime = row.failing_since
    return since


def take_the_test(db: Unit, portal_id: UUID, *, until: datetime, now: datetime) -> bool:
    """Whether the caller is the one to try a portal whose pause is over. Nobody else is, until then."""
    return db.execute(_TAKE_TEST, portal=portal_id, until=until, now=now) == 1


def gave_up(db: Unit, portal_id: UUID, *, now: datetime) -> None:
    """Something that it did not take in all its time is given up."""
    db.execute(_GAVE_UP, portal=portal_id, now=now)
