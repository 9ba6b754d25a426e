"""How many notices of one purpose a recipient may be sent, whoever asks for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, update

from idp.errors import Kind, Refusal
from idp.notices.tables import notice_counts
from idp.storage import Statement, Unit
from idp.storage.upserts import upsert


class Cap(NamedTuple):
    """At most `most` in any stretch of time as long as `within`."""

    most: int
    within: timedelta


CAPS: Final = (Cap(10, timedelta(hours=1)), Cap(30, timedelta(days=1)))
COUNTED_FOR: Final = max(cap.within for cap in CAPS)

# The upsert locks the row, so that two at once are counted one after the other.
_LOCK: Final = Statement(
    upsert(notice_counts, keys=["recipient"], set_=lambda new: {"last_at": new.last_at}).returning(
        notice_counts.c.queued
    )
)
_KEEP: Final = Statement(
    update(notice_counts).where(notice_counts.c.recipient == bindparam("recipient_")).values(queued=bindparam("times"))
)


class TooManyNotices(Refusal):
    """One recipient was sent as many messages as is allowed in an hour or a day; nothing was queued.

    Operator: the count goes down by itself. Many such refusals at once mean that somebody makes the provider pay for
    messages: look at the addresses they come from.
    """

    code = "too_many_notices"
    kind = Kind.TOO_MANY


def count(db: Unit, recipient: bytes, *, now: datetime) -> timedelta | None:
    """Count one more notice for a recipient and purpose (their keyed index): None, or how long to wait when it is over.

    What is over the cap is not counted, so asking again and again does not put the end further away. Both cases run
    the same statements.
    """
    row = db.one(_LOCK, recipient=recipient, queued=[], last_at=now)
    assert row is not None
    moment = _milliseconds(now)
    queued = [at for at in row.queued if at > moment - _length(COUNTED_FOR)]
    wait = max(_wait(queued, cap, moment) for cap in CAPS)
    db.execute(_KEEP, recipient_=recipient, times=queued if wait else [*queued, moment])
    return timedelta(milliseconds=wait) if wait else None


def _wait(queued: Sequence[int], cap: Cap, moment: int) -> int:
    """Milliseconds until the cap lets one more through; zero when it does now."""
    if len(queued) < cap.most:
        return 0
    return max(0, queued[-cap.most] + _length(cap.within) - moment)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _length(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
