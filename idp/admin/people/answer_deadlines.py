"""Until when an authority that asked for a lock must have its answer: two working days (Decree 59/2022, article 19).

Saturdays and Sundays are no working days. Public holidays are not known here: the day shown is the earliest that the
law can mean, never too late a one.
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from idp.admin.tables import answers_due
from idp.storage import Statement, Unit
from idp.web.shown_times import VIET_NAM

WORKING_DAYS: Final = 2
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)

_KEEP: Final = Statement(insert(answers_due))
_OF_ACT: Final = Statement(select(answers_due.c.due_at).where(answers_due.c.act_id == bindparam("act")))


def answer_due(received: date) -> datetime:
    """The end of the last day on which a request received on that day is answered in time."""
    day, left = received, WORKING_DAYS
    while left:
        day += _DAY
        left -= day.weekday() < _SATURDAY
    return end_of(day)


def end_of(day: date) -> datetime:
    """The midnight that ends a day in Viet Nam."""
    return datetime.combine(day + _DAY, time(), VIET_NAM)


def keep_deadline(db: Unit, act_id: UUID, due_at: datetime) -> None:
    """Write down until when the authority that asked for an act must have its answer."""
    db.write(_KEEP, act_id=act_id, due_at=due_at)


def deadline_of(db: Unit, act_id: UUID) -> datetime | None:
    """Until when the one who asked for an act must have an answer; None where nobody has to."""
    row = db.one(_OF_ACT, act=act_id)
    return row.due_at if row else None
