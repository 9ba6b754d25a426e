"""Where the console is open: a session of its own beside the person's, shorter, and with a cookie of its own.

The person's session proved who they are when this one was opened. It may lie idle after that; where its person or
staff end it, everywhere or by a new password, this one is over at the next request, as it is with an account that
nothing may be issued for, a role that was changed and a member of staff who was removed.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from idp.accounts.issuing import GATE
from idp.accounts.tables import accounts
from idp.admin.tables import staff, staff_sessions
from idp.audit import record
from idp.audit.events import StaffSignedIn, StaffSignedOut
from idp.sealing.random_values import digest, random_value
from idp.sessions.tables import sessions
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.sweeping import Sweep
from idp.web.cookies import HostCookie

COOKIE: Final = HostCookie("staff")

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=8)

SWEEP: Final = Sweep(staff_sessions, by=staff_sessions.c.ends_at, kept=timedelta(days=30))

# A use is written down at most this often.
_SEEN_EVERY: Final = timedelta(minutes=1)


class Ending(StrEnum):
    """Why one ended before its time."""

    SIGNED_OUT = "signed_out"
    SIGNED_IN_ANEW = "signed_in_anew"
    REMOVED = "removed"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_UNUSABLE = "account_unusable"


_OPEN: Final = Statement(insert(staff_sessions))
_CURRENT: Final = Statement(
    select(
        staff_sessions.c.id,
        staff_sessions.c.session_id,
        staff_sessions.c.opened_at,
        staff_sessions.c.seen_at,
        staff.c.id.label("staff_id"),
        staff.c.role,
        staff.c.province,
        staff.c.account_id,
        staff.c.portal_id,
        *GATE,
    )
    .select_from(
        staff_sessions.join(sessions, sessions.c.id == staff_sessions.c.session_id)
        .join(staff, staff.c.id == staff_sessions.c.staff_id)
        .join(accounts, accounts.c.id == staff.c.account_id)
    )
    .where(
        staff_sessions.c.digest == bindparam("digest_"),
        staff_sessions.c.ended_at.is_(None),
        staff_sessions.c.ends_at > bindparam("now"),
        sessions.c.ended_at.is_(None),
        # What its person ends everywhere are living sessions: one that time has ended would be missed.
        sessions.c.ends_at > bindparam("now"),
        staff_sessions.c.seen_at > bindparam("idle_since"),
        staff.c.removed_at.is_(None),
    )
)
_SEEN: Final = Statement(
    update(staff_sessions).where(staff_sessions.c.id == bindparam("id_")).values(seen_at=bindparam("now"))
)
_END: Final = Statement(
    update(staff_sessions)
    .where(staff_sessions.c.digest == bindparam("digest_"), staff_sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
    .returning(staff_sessions.c.id, staff_sessions.c.staff_id, staff_sessions.c.session_id)
)
_ACCOUNT: Final = Statement(select(staff.c.account_id).where(staff.c.id == bindparam("id_")))
_END_ALL: Final = Statement(
    update(staff_sessions)
    .where(staff_sessions.c.staff_id == bindparam("staff"), staff_sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ending=bindparam("how"))
)


def open_session(
    db: Unit,
    staff_id: UUID,
    *,
    account_id: UUID,
    session_id: UUID,
    methods: tuple[str, ...],
    before: str | None,
    now: datetime,
) -> str:
    """Open the console; the cookie's secret `f_…`, always a new one. `before` is what the cookie holds now: it ends."""
    if before is not None:
        end(db, before, Ending.SIGNED_IN_ANEW, now=now)
    opened, secret = new_id(now), random_value("f_")
    times = {"opened_at": now, "seen_at": now, "ends_at": now + LONGEST}
    who = {"staff_id": staff_id, "session_id": session_id, "methods": methods}
    db.write(_OPEN, id=opened, digest=digest(secret), **who, **times)
    event = StaffSignedIn(staff_id=staff_id, session_id=opened, methods=methods)
    record(db, event, account_id=account_id, actor=str(staff_id), now=now)
    return secret


def current(db: Unit, secret: str, *, now: datetime) -> Row | None:
    """The session that a cookie names with its member of staff (`staff.COLUMNS`) and the account's `GATE`, or None.

    Counts as a use.
    """
    row = db.one(_CURRENT, digest_=digest(secret), idle_since=now - IDLE, now=now)
    if row is not None and now - row.seen_at > _SEEN_EVERY:
        db.write(_SEEN, id_=row.id, now=now)
    return row


def end(db: Unit, secret: str, how: Ending, *, now: datetime) -> Row | None:
    """End the session that a cookie names: its id, staff_id and the person's session_id; None when there was none."""
    return db.one(_END, digest_=digest(secret), how=how, now=now)


def sign_out(db: Unit, secret: str, *, now: datetime) -> UUID | None:
    """End it because its person leaves; the session by which they came in."""
    row = end(db, secret, Ending.SIGNED_OUT, now=now)
    if row is None:
        return None
    event = StaffSignedOut(staff_id=row.staff_id, session_id=row.id)
    whose = db.one(_ACCOUNT, id_=row.staff_id)
    record(db, event, account_id=whose.account_id if whose else None, actor=str(row.staff_id), now=now)
    session_id: UUID = row.session_id
    return session_id


def end_all(db: Unit, staff_id: UUID, how: Ending, *, now: datetime) -> None:
    """End every session of a member of staff."""
    db.write(_END_ALL, staff=staff_id, how=how, now=now)
