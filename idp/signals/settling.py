"""How tries ended: written down together, in the transaction that claims the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeGuard
from uuid import UUID

from sqlalchemy import bindparam, select, update

from idp.audit import record
from idp.audit.events import SignalFailed
from idp.signals import portal_health
from idp.signals.claims import Claim, claim
from idp.signals.tables import deliveries
from idp.storage import Statement, Unit
from idp.storage.lists import among

GIVEN_UP_AFTER: Final = timedelta(hours=24)

_TOGETHER: Final = 25
_FIRST_WAIT: Final = timedelta(seconds=1)

# Nobody else settles what was taken meanwhile, by whoever took it up again.
_OPEN = deliveries.c.settled_at.is_(None)
_TAKEN: Final = Statement(
    update(deliveries)
    .where(among(deliveries.c.id, "ids"), _OPEN)
    .values(settled_at=bindparam("now"), outcome="acknowledged", reason=None, claimed_until=None)
)
_FAILED: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"), _OPEN)
    .values(settled_at=bindparam("now"), outcome="failed", reason=bindparam("why"), claimed_until=None)
)
_PUT_BACK: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"), _OPEN)
    .values(claimed_until=None, due_at=bindparam("again_at"), reason=bindparam("why"))
)
_OLD = (
    select(deliveries.c.id)
    .where(
        deliveries.c.portal_id == bindparam("portal"),
        _OPEN,
        deliveries.c.claimed_until.is_(None),
        deliveries.c.queued_at <= bindparam("before"),
    )
    .limit(_TOGETHER)
    .with_for_update(skip_locked=True)
    .cte("old")
)
_GIVE_UP: Final = Statement(
    update(deliveries)
    .where(deliveries.c.id.in_(select(_OLD.c.id)))
    .values(settled_at=bindparam("now"), outcome="failed", reason=bindparam("why"))
    .returning(deliveries.c.id, deliveries.c.account_id, deliveries.c.tries)
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The portal did as it was told."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not sent again. The portal `answers` that this one is wrong; or is in `trouble`, where others would fare no
    better (nothing is at its address); or is `gone`, and has no address any more."""

    claim: Claim
    reason: str
    portal: Literal["answers", "trouble", "gone"]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The portal could not be reached, or could not do it: it is told again."""

    claim: Claim
    reason: str


Ending = Taken | Failed | NotTaken


def settle(db: Unit, portal_id: UUID, endings: Sequence[Ending], *, note_well: bool, now: datetime) -> datetime | None:
    """Write down how tries at one portal ended; since when it takes nothing, if so.

    That all is well is written with `note_well` only, or to end a trouble: else many calls would wait for each other to
    write it.
    """
    if taken := [ending.claim.id for ending in endings if isinstance(ending, Taken)]:
        db.write(_TAKEN, ids=taken, now=now)
    lost = [ending for ending in endings if not isinstance(ending, Taken)]
    for ending in lost:
        if isinstance(ending, NotTaken) and now - ending.claim.queued_at < GIVEN_UP_AFTER:
            again_at = _again_at(ending.claim, now)
            db.execute(_PUT_BACK, id_=ending.claim.id, again_at=again_at, why=ending.reason)
        elif db.execute(_FAILED, id_=ending.claim.id, now=now, why=ending.reason):
            _record(db, portal_id, ending.claim.id, ending.claim.account_id, ending.claim.tries, ending.reason, now=now)
    return _note(db, portal_id, endings, note_well=note_well, now=now)


def _note(db: Unit, portal_id: UUID, endings: Sequence[Ending], *, note_well: bool, now: datetime) -> datetime | None:
    if trouble := [ending.reason for ending in endings if is_trouble(ending)]:
        since = portal_health.did_not_take(db, portal_id, trouble[-1], times=len(trouble), now=now)
        if now - since >= GIVEN_UP_AFTER:
            portal_health.gave_up(db, portal_id, now=now)
        return since
    taken = any(isinstance(ending, Taken) for ending in endings)
    if taken or any(isinstance(ending, Failed) and ending.portal == "answers" for ending in endings):
        note = portal_health.is_well if note_well else portal_health.is_well_again
        note(db, portal_id, taken_at=now if taken else None)
    return None


def is_trouble(ending: Ending) -> TypeGuard[NotTaken | Failed]:
    """Whether the portal would not take others either."""
    return isinstance(ending, NotTaken) or (isinstance(ending, Failed) and ending.portal == "trouble")


def settle_and_claim(
    db: Unit, portal_id: UUID, endings: Sequence[Ending], *, note_well: bool, most: int, now: datetime
) -> list[Claim]:
    """The one transaction between calls that went well."""
    settle(db, portal_id, endings, note_well=note_well, now=now)
    return claim(db, portal_id, most=most, now=now)


def give_up_old(db: Unit, portal_id: UUID, reason: str, *, now: datetime) -> int:
    """Give up what a portal did not take in all its time, some of it; how much.

    While a portal is left in peace its deliveries are not tried one by one, so they are not given up one by one.
    """
    rows = db.all(_GIVE_UP, portal=portal_id, before=now - GIVEN_UP_AFTER, why=reason, now=now)
    for row in rows:
        _record(db, portal_id, row.id, row.account_id, row.tries, reason, now=now)
    return len(rows)


def _record(
    db: Unit, portal_id: UUID, delivery_id: UUID, account_id: UUID, tries: int, reason: str, *, now: datetime
) -> None:
    event = SignalFailed(delivery_id=delivery_id, reason=reason, tries=tries)
    record(db, event, account_id=account_id, portal_id=portal_id, now=now)


def _again_at(claimed: Claim, now: datetime) -> datetime:
    """The wait doubles from try to try; when its time is over it comes up once more, to be given up."""
    wait = min(_FIRST_WAIT * (1 << min(claimed.tries - 1, 20)), portal_health.LONGEST_PAUSE)
    return min(now + wait, max(claimed.queued_at + GIVEN_UP_AFTER, now + _FIRST_WAIT))
