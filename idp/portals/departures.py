"""What whoever looks after a portal sees of its way out of a profile that it must leave."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.portals import laxity_uses
from idp.portals.laxities import RISKS, Laxity
from idp.portals.laxity_uses import LaxityUse
from idp.portals.leaving import LOUD_FROM, begins, days_left
from idp.portals.portal import AfterLeaveBy, Portal
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class Departure:
    """By which day it leaves (YYYY-MM-DD), in how many days that is, and what is tolerated until then, with its use."""

    leave_by: str
    days_left: int
    after_leave_by: AfterLeaveBy
    laxities: tuple[tuple[Laxity, LaxityUse | None], ...]

    @property
    def day(self) -> datetime:
        """The same day as a moment."""
        return begins(self.leave_by)

    @property
    def is_near(self) -> bool:
        """Whether everybody is reminded."""
        return self.days_left <= LOUD_FROM.days

    @property
    def is_over(self) -> bool:
        """Whether it should have left."""
        return self.days_left < 0

    def to_json(self) -> dict[str, Any]:
        """For a program to read, and for `idp portals show`."""
        return {
            "leave_by": self.leave_by,
            "days_left": self.days_left,
            "after_leave_by": self.after_leave_by,
            "laxities": [
                {
                    "laxity": laxity,
                    "risk": RISKS[laxity],
                    "last_used": None if use is None else use.last_day.date().isoformat(),
                    "days_used": 0 if use is None else use.days,
                }
                for laxity, use in self.laxities
            ],
        }


def departure_of(db: Unit, portal: Portal, *, now: datetime) -> Departure | None:
    """None for a portal that may stay as it is."""
    if portal.leave_by is None or portal.after_leave_by is None:
        return None
    uses = {use.laxity: use for use in laxity_uses.uses_of(db, portal.id)}
    return Departure(
        leave_by=portal.leave_by,
        days_left=days_left(portal.leave_by, now=now),
        after_leave_by=portal.after_leave_by,
        laxities=tuple((laxity, uses.get(laxity)) for laxity in sorted(portal.laxities)),
    )
