"""The audit rows, the end of their chain, and what was signed of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, String, Table, Text

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Moment

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("event", String(64), nullable=False),
    Column("account_id", Id),
    Column("portal_id", Id),
    # Who acted, when it was not the citizen, the portal or the provider itself.
    Column("actor", String(64)),
    # What the person read on the page, so that a call to the help line finds the row.
    Column("reference", String(32)),
    # Text, not JSON: the hash is over these very bytes.
    Column("details", Text, nullable=False),
    # Both are given by the chainer, after the act has committed.
    Column("position", BigInteger),
    Column("hash", Digest),
)

_SEALED = audit_events.c.position.is_not(None)
_UNSEALED = audit_events.c.position.is_(None)
_READ_BY_SOMEBODY = audit_events.c.reference.is_not(None)

Index("ix_audit_events_account", audit_events.c.account_id, audit_events.c.id)
Index(
    "ix_audit_events_reference",
    audit_events.c.reference,
    sqlite_where=_READ_BY_SOMEBODY,
    postgresql_where=_READ_BY_SOMEBODY,
)
Index("ix_audit_events_unsealed", audit_events.c.id, sqlite_where=_UNSEALED, postgresql_where=_UNSEALED)
Index("ix_audit_events_position", audit_events.c.position, unique=True, sqlite_where=_SEALED, postgresql_where=_SEALED)

audit_chain = Table(
    "audit_chain",
    metadata,
    # One row, number 1: whoever holds its lock is the chainer.
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", Digest, nullable=False),
)

# The checkpoints, and the outbox of those that are still to be sent away.
audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    # Counts up by one. The key decides which of several workers has made a checkpoint.
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    # Statement and signature, the very bytes that are sent away.
    Column("line", Text, nullable=False),
    # When some process has first written it to a file, and when the HTTP sink has taken it.
    Column("written_at", Moment),
    Column("sent_at", Moment),
    # Of sending: how often it was tried, and not before when it is tried again.
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
)

_UNWRITTEN = audit_checkpoints.c.written_at.is_(None)
_UNSENT = audit_checkpoints.c.sent_at.is_(None)

Index(
    "ix_audit_checkpoints_unwritten",
    audit_checkpoints.c.sequence,
    sqlite_where=_UNWRITTEN,
    postgresql_where=_UNWRITTEN,
)
Index("ix_audit_checkpoints_unsent", audit_checkpoints.c.sequence, sqlite_where=_UNSENT, postgresql_where=_UNSENT)
