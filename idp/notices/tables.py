"""The outbox, what was sent to whom how often, and what the sandbox "sent"."""

from sqlalchemy import Column, Index, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment, Sealed

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("purpose", String(32), nullable=False),
    # Keyed index of what its code is for, if it has one: nothing without the key.
    Column("subject", Digest),
    # Recipient, text and whether it is a decoy, padded to one size. NULL when it is no longer needed.
    Column("content", Sealed),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    # NULL while it waits. Set before a gateway is called: claimed means that it may have been sent.
    Column("claimed_at", Moment),
    # NULL while nobody knows. There is no time beside it: that of a decoy would tell that no gateway was called.
    Column("outcome", String(12)),
    Index("ix_notices_expires_at", "expires_at"),
)

_waiting = notices.c.claimed_at.is_(None)
Index("ix_notices_waiting", notices.c.due_at, postgresql_where=_waiting, sqlite_where=_waiting)
_open = notices.c.outcome.is_(None)
Index("ix_notices_open", notices.c.subject, postgresql_where=_open, sqlite_where=_open)

notice_counts = Table(
    "notice_counts",
    metadata,
    # Keyed index of the recipient and what the notices are for.
    Column("recipient", Digest, primary_key=True),
    # When notices were queued in the last day: milliseconds since 1970, oldest first.
    Column("queued", Json, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index("ix_notice_counts_last_at", "last_at"),
)

sandbox_notices = Table(
    "sandbox_notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("content", Sealed, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Index("ix_sandbox_notices_sent_at", "sent_at"),
)
