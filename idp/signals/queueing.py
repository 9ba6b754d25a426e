"""Who is to be told: written in the transaction of what they are told of."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select

from idp.portals.tables import portals
from idp.signals.tables import deliveries, meetings
from idp.storage import Row, Statement, Unit
from idp.storage.columns import Moment
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.storage.upserts import upsert

MET_AGAIN_AFTER: Final = timedelta(days=1)
"""A session that meets a portal again within this time is not written down anew: single sign-on stays a read. So
whoever asks for those met since a moment gets those of up to so much before it, too."""

MOST_NAMED: Final = 20
"""Sessions of one person that are named to a portal which needs names: the newest, and however many live."""

_FEW = 4

# Almost always the row is there, and young: then nothing is written. A look first (NOT EXISTS) cost more (measured).
_MET: Final = Statement(
    upsert(
        meetings,
        keys=["session_id", "portal_id"],
        set_=lambda new: {"met_at": new.met_at, "sub": new.sub, "listens": new.listens},
        where=lambda new: or_(
            meetings.c.met_at <= bindparam("lately", type_=Moment()), meetings.c.listens != new.listens
        ),
    )
)
_OF_SESSION: Final = Statement(select(meetings).where(meetings.c.session_id == bindparam("session")))
_OF_ACCOUNTS: Final = Statement(
    select(meetings)
    .where(
        among(meetings.c.account_id, "accounts"),
        meetings.c.listens.is_(True),
        meetings.c.met_at > bindparam("since"),
    )
    .order_by(meetings.c.met_at.desc())
)
_REGISTRATIONS: Final = Statement(select(portals.c.id, portals.c.registration).where(among(portals.c.id, "portals")))
_QUEUE: Final = Statement(insert(deliveries))


def note_meeting(
    db: Unit, *, session_id: UUID, portal_id: UUID, account_id: UUID, sub: str, sid: str, listens: bool, now: datetime
) -> None:
    """A portal got an ID token in this session. `sub` and `sid` are as in the token.

    One that it got without a session, by an offline grant, counts as of a session with that grant's id, which never
    lives: the portal is told of the person alone.

    `listens` says whether it has an address for logout tokens; else it is told by browsers alone.
    """
    names = {"sub": sub, "sid": sid, "listens": listens}
    ids = {"session_id": session_id, "portal_id": portal_id, "account_id": account_id}
    db.write(_MET, **ids, **names, met_at=now, lately=now - MET_AGAIN_AFTER)


def met_in(db: Unit, session_id: UUID) -> list[Row]:
    """The portals that got an ID token in a session: portal_id, sub, sid, listens, …"""
    return db.all(_OF_SESSION, session=session_id)


def tell_of_session(db: Unit, session_id: UUID, *, now: datetime) -> int:
    """Tell every portal that listens and met somebody in a session that it has ended; how many."""
    met = [meeting for meeting in met_in(db, session_id) if meeting.listens]
    _queue(db, [_delivery(session_id, meeting, sid=meeting.sid, now=now) for meeting in met])
    return len(met)


def tell_of_accounts(
    db: Unit,
    acts: Mapping[UUID, UUID],
    *,
    living: Collection[UUID],
    at: Collection[UUID] | None = None,
    since: datetime,
    now: datetime,
) -> dict[UUID, int]:
    """Tell every portal that listens, and met these accounts' people since then, that everything of theirs ends.

    `acts` are each account's act; the answer says how many portals are told of each. `living` are the sessions that the
    acts end; `at` are the portals that they are about, where they are not about all.
    """
    met: defaultdict[tuple[UUID, UUID], list[Row]] = defaultdict(list)
    for meeting in db.all(_OF_ACCOUNTS, accounts=list(acts), since=since - MET_AGAIN_AFTER):
        if at is None or meeting.portal_id in at:
            met[meeting.account_id, meeting.portal_id].append(meeting)
    need_sid = needing_sid(db, {portal_id for _, portal_id in met})
    rows: list[dict[str, Any]] = []
    told = dict.fromkeys(acts, 0)
    for (account_id, portal_id), there in met.items():
        named = _named(there, living, needs_sid=portal_id in need_sid)
        rows += [_delivery(acts[account_id], meeting, sid=sid, now=now) for meeting, sid in named]
        told[account_id] += 1
    _queue(db, rows)
    return told


def needing_sid(db: Unit, portal_ids: Collection[UUID]) -> set[UUID]:
    """Those of these portals that take no logout token without a `sid` (Back-Channel Logout 1.0 §2.2)."""
    rows = db.all(_REGISTRATIONS, portals=list(portal_ids)) if portal_ids else []
    return {row.id for row in rows if row.registration.get("backchannel_logout_session_required")}


def _named(there: Sequence[Row], living: Collection[UUID], *, needs_sid: bool) -> list[tuple[Row, str | None]]:
    """What one portal is told of one person that it met `there`, the newest first: sessions by `sid`, and None for all.

    It may keep its own sessions for longer than ours lived, and an offline grant outlives all. Without a `sid` a token
    ends everything of its `sub` (§2.6), and the living ones are named beside it only for software that knows `sid`s
    alone. One that needs them is told of the dead ones too.
    """
    lived = [each for each in there if each.session_id in living]
    named: dict[str | None, Row] = {each.sid: each for each in lived}
    if needs_sid:
        for each in there:
            if len(named) < MOST_NAMED:
                named.setdefault(each.sid, each)
    elif len(lived) < len(there):
        named[None] = there[0]
    return [(meeting, sid) for sid, meeting in named.items()]


def _queue(db: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """A few go with the unit's other writes; many go together by themselves."""
    if len(rows) > _FEW:
        db.many(_QUEUE, rows)
        return
    for row in rows:
        db.write(_QUEUE, **row)


def _delivery(act_id: UUID, meeting: Row, *, sid: str | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "act_id": act_id,
        "account_id": meeting.account_id,
        "portal_id": meeting.portal_id,
        "sub": meeting.sub,
        "sid": sid,
        "tries": 0,
        "queued_at": now,
        "due_at": now,
    }
