"""Which portals met whom, and what they are to be told."""

from sqlalchemy import Boolean, Column, Index, Integer, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Id, Moment

meetings = Table(
    "meetings",
    metadata,
    # One row for each portal that got an ID token in a session, and wants to be told of its end.
    Column("session_id", Id, primary_key=True),
    Column("portal_id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    # The sector's own names of the person and of the session.
    Column("sub", String(64), nullable=False),
    Column("sid", String(64), nullable=False),
    # Whether it listens itself; else the person's browser tells it, where they sign out (front-channel logout).
    Column("listens", Boolean, nullable=False),
    Column("met_at", Moment, nullable=False),
    Index("ix_meetings_account_id", "account_id"),
    Index("ix_meetings_met_at", "met_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    # Also the `jti` of every logout token that is sent for it: a portal that hears it twice knows that it is one.
    Column("id", Id, primary_key=True),
    # Of the intervention, or of the session whose end it tells of.
    Column("act_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("portal_id", Id, nullable=False),
    Column("sub", String(64), nullable=False),
    # Null where everything of the person there ends.
    Column("sid", String(64)),
    Column("tries", SmallInteger, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    # While somebody sends it. Afterwards another may: whoever had it died.
    Column("claimed_until", Moment),
    Column("sent_at", Moment),
    # When it was taken, or given up; null while it waits.
    Column("settled_at", Moment),
    Column("outcome", String(12)),
    # Why the last try failed.
    Column("reason", String(64)),
    Index("ix_deliveries_act_id", "act_id"),
    Index("ix_deliveries_account_id", "account_id"),
)

_waiting = deliveries.c.settled_at.is_(None)
Index(
    "ix_deliveries_waiting",
    deliveries.c.portal_id,
    deliveries.c.due_at,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)
# Not of those that wait: asked for them, SQLite would take this index and sort what it finds.
_settled = deliveries.c.settled_at.is_not(None)
Index("ix_deliveries_settled_at", deliveries.c.settled_at, postgresql_where=_settled, sqlite_where=_settled)

portal_health = Table(
    "portal_health",
    metadata,
    # How each portal takes what it is told: one row from the first time on.
    Column("portal_id", Id, primary_key=True),
    # The last time, to within ten seconds.
    Column("taken_at", Moment),
    # Of the first try that it did not take since then; null while all is well.
    Column("failing_since", Moment),
    # Tries in a row that it did not take, and why the last was not.
    Column("failures", Integer, nullable=False),
    Column("reason", String(64)),
    # Nothing is sent before that; after it one delivery, to see.
    Column("paused_until", Moment),
    # When a try failed although a quarter of an hour had gone by; and when something was given up.
    Column("unreachable_at", Moment),
    Column("given_up_at", Moment),
    # When its contacts were told of the outage, and that deliveries were given up.
    Column("told_at", Moment),
    Column("told_given_up_at", Moment),
)

leaving_letters = Table(
    "leaving_letters",
    metadata,
    # What a portal's contacts were last told of the day by which it must have left its profile.
    Column("portal_id", Id, primary_key=True),
    Column("leave_by", String(10), nullable=False),
    # Days that were left, of `idp.signals.leaving_letters.STAGES`.
    Column("stage", SmallInteger, nullable=False),
    Column("told_at", Moment, nullable=False),
)
