"""Hot tables: random keys, no foreign keys, each row with its account's id."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

codes = Table(
    "codes",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("grant_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("portal_id", Id, nullable=False),
    Column("session_id", Id, nullable=False),
    Column("redirect_uri", String(2000), nullable=False),
    Column("code_challenge", String(128)),
    Column("terms", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("ix_codes_account_id", "account_id"),
    Index("ix_codes_expires_at", "expires_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Id, primary_key=True),
    # Null for a portal that acts for itself (client credentials).
    Column("account_id", Id),
    Column("portal_id", Id, nullable=False),
    # Null for grants that survive sign-out (offline access).
    Column("session_id", Id),
    Column("offline", Boolean, nullable=False),
    Column("terms", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ending", String(20)),
    Index("ix_grants_account_id", "account_id"),
    Index("ix_grants_session_id", "session_id"),
    Index("ix_grants_expires_at", "expires_at"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("grant_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("portal_id", Id, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("replaced_at", Moment),
    Index("ix_refresh_tokens_grant_id", "grant_id"),
    Index("ix_refresh_tokens_expires_at", "expires_at"),
)
