"""Who is staff and where they have the console open; whom they looked up; what calls of the API were answered."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

staff = Table(
    "staff",
    metadata,
    # One row for a person or a program for ever, so that nobody who was removed and added again approves their own
    # proposals under another name.
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), unique=True),
    Column("portal_id", Id, ForeignKey("portals.id"), unique=True),
    Column("role", String(24), nullable=False),
    Column("province", String(2)),
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment),
    CheckConstraint("(account_id IS NULL) <> (portal_id IS NULL)", name="person_or_program"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Id, primary_key=True),
    # Of the secret in the cookie.
    Column("digest", Digest, nullable=False, unique=True),
    Column("staff_id", Id, nullable=False),
    # The person's own session, which proved who they are.
    Column("session_id", Id, nullable=False),
    Column("methods", Json, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ending", String(20)),
    Index("ix_staff_sessions_staff_id", "staff_id"),
    Index("ix_staff_sessions_ends_at", "ends_at"),
)

staff_arrivals = Table(
    "staff_arrivals",
    metadata,
    # Of the code that the provider's host gives a browser to show at the console's own host.
    Column("digest", Digest, primary_key=True),
    # Of the value in the cookie of the browser that asked for it there.
    Column("browser_digest", Digest, nullable=False),
    Column("session_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("methods", Json, nullable=False),
    Column("proved_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("ix_staff_arrivals_expires_at", "expires_at"),
)

look_ups = Table(
    "look_ups",
    metadata,
    Column("id", Id, primary_key=True),
    # Of the staff: who looked, and in which session.
    Column("session_id", Id, nullable=False),
    Column("staff_id", Id, nullable=False),
    # None where nobody was found, or somebody out of reach.
    Column("account_id", Id),
    Column("purpose", String(32), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("opened_at", Moment),
    Column("uncovered_at", Moment),
    # How many there had been in an hour when it was told that they are many; else 0.
    Column("bulk", SmallInteger, nullable=False),
    Index("ix_look_ups_session", "session_id", "account_id"),
    Index("ix_look_ups_staff", "staff_id", "made_at"),
    Index("ix_look_ups_made_at", "made_at"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("session_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    # Digest of the act that was shown.
    Column("wanted", Digest, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("ix_confirmations_expires_at", "expires_at"),
)

answers_due = Table(
    "answers_due",
    metadata,
    Column("act_id", Id, primary_key=True),
    Column("due_at", Moment, nullable=False),
)


kept_replies = Table(
    "kept_replies",
    metadata,
    # Of the caller, the operation and the key that the caller chose.
    Column("digest", Digest, primary_key=True),
    # Of what was asked: the same key with anything else is a mistake.
    Column("wanted", Digest, nullable=False),
    # Null only inside the transaction that does the work.
    Column("status", SmallInteger),
    Column("reply", Json),
    Column("made_at", Moment, nullable=False),
    Index("ix_kept_replies_made_at", "made_at"),
)
