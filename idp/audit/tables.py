"""The audit rows, and the end of their chain."""

from sqlalchemy import BigInteger, Column, Index, SmallInteger, String, Table, Text

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

Index("ix_audit_events_account", audit_events.c.account_id, audit_events.c.id)
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
