"""One row for each signed-in browser."""

from sqlalchemy import Column, Index, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    # Of the secret in the cookie; replaced at each rise of level, so that an old cookie is worthless.
    Column("digest", Digest, nullable=False, unique=True),
    Column("account_id", Id, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("methods", Json, nullable=False),
    Column("authenticated_at", Moment, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ending", String(20)),
    Index("ix_sessions_account_id", "account_id"),
    Index("ix_sessions_ends_at", "ends_at"),
)
