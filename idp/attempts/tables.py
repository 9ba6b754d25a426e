"""One row for each attempt in which something was proved."""

from sqlalchemy import Column, Index, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", Digest, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("methods", Json, nullable=False),
    Column("wrong", SmallInteger, nullable=False),
    # When the first proof was given: before there was an attempt, where it is a session's.
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ending", String(20)),
    Index("ix_attempts_account_id", "account_id"),
    Index("ix_attempts_expires_at", "expires_at"),
)
