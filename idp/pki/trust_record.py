"""The trust list's newest version as the audit knows it: somebody who takes rows away must not take trust back."""

from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import bindparam, select

from idp.audit.events import TrustListAdded
from idp.audit.tables import audit_events
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id

_CLOCKS: Final = timedelta(days=1)
"""By how much the clocks of those who add versions may differ."""

_RECORDED: Final = Statement(
    select(audit_events.c.details).where(
        # Two beginnings of indexes: only what happened since then is looked at, whatever it was about.
        audit_events.c.account_id.is_(None),
        audit_events.c.id >= bindparam("since"),
        audit_events.c.event == TrustListAdded.name,
    )
)


def newest_recorded(db: Unit, *, since: datetime) -> tuple[int, str]:
    """Number and digest of the highest version added since then, a day before included; 0 and "" where none was.

    Looks at every event since then: `since` is when the newest version that is there was made, as it says itself.
    """
    rows = db.all(_RECORDED, since=new_id(since - _CLOCKS))
    told = (orjson.loads(row.details) for row in rows)
    return max(((each["version"], each["digest"]) for each in told), default=(0, ""))
