"""Who is to be told: written in the transaction of what they are told of."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from idp.signals.tables import deliveries, meetings
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.upserts import upsert

_MET: Final = Statement(
    upsert(
        meetings,
        keys=["session_id", "portal_id"],
        set_=lambda new: {"met_at": new.met_at, "sub": new.sub, "listens": new.listens},
    )
)
_OF_SESSION: Final = Statement(select(meetings).where(meetings.c.session_id == bindparam("session")))
_OF_ACCOUNT: Final = Statement(
    select(meetings)
    .where(
        meetings.c.account_id == bindparam("account"),
        meetings.c.listens.is_(True),
        meetings.c.met_at > bindparam("since"),
    )
    .order_by(meetings.c.met_at)
)
_QUEUE: Final = Statement(insert(deliveries))


def note_meeting(
    db: Unit, *, session_id: UUID, portal_id: UUID, account_id: UUID, sub: str, sid: str, listens: bool, now: datetime
) -> None:
    """A portal got an ID token in this session. `sub` and `sid` are as in the token.

    `listens` says whether it has an address for logout tokens; else it is told by browsers alone.
    """
    names = {"sub": sub, "sid": sid, "listens": listens}
    db.write(_MET, session_id=session_id, portal_id=portal_id, account_id=account_id, met_at=now, **names)


def met_in(db: Unit, session_id: UUID) -> list[Row]:
    """The portals that got an ID token in a session: portal_id, sub, sid, listens, …"""
    return db.all(_OF_SESSION, session=session_id)


def tell_of_session(db: Unit, session_id: UUID, *, now: datetime) -> int:
    """Tell every portal that listens and met somebody in a session that it has ended; how many."""
    met = [meeting for meeting in met_in(db, session_id) if meeting.listens]
    for meeting in met:
        _queue(db, session_id, meeting, sid=meeting.sid, now=now)
    return len(met)


def tell_of_account(
    db: Unit,
    act_id: UUID,
    account_id: UUID,
    *,
    living: Collection[UUID],
    at: Collection[UUID] | None = None,
    since: datetime,
    now: datetime,
) -> int:
    """Tell every portal that listens, and met an account's person since then, that everything of theirs ends; how many.

    `living` are the sessions that the act ends: a portal is told of each that it met. One that met none of them is told
    of the person alone (OpenID Connect Back-Channel Logout 1.0 §2.4: without `sid`, all of them). `at` are the portals
    that it is about, where it is not about all.
    """
    by_portal: defaultdict[UUID, list[Row]] = defaultdict(list)
    for meeting in db.all(_OF_ACCOUNT, account=account_id, since=since):
        if at is not None and meeting.portal_id not in at:
            continue
        by_portal[meeting.portal_id].append(meeting)
    for met in by_portal.values():
        for meeting in [each for each in met if each.session_id in living]:
            _queue(db, act_id, meeting, sid=meeting.sid, now=now)
        if not any(each.session_id in living for each in met):
            _queue(db, act_id, met[-1], sid=None, now=now)
    return len(by_portal)


def _queue(db: Unit, act_id: UUID, meeting: Row, *, sid: str | None, now: datetime) -> None:
    db.write(
        _QUEUE,
        id=new_id(now),
        act_id=act_id,
        account_id=meeting.account_id,
        portal_id=meeting.portal_id,
        sub=meeting.sub,
        sid=sid,
        tries=0,
        queued_at=now,
        due_at=now,
        claimed_until=None,
        sent_at=None,
        settled_at=None,
        outcome=None,
        reason=None,
    )
