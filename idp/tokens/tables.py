"""Hot tables: random keys, no foreign keys, each row with its account's id."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

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

# What portals pushed before they sent anybody (RFC 9126). Sealed: hints may name a person.
pushed_requests = Table(
    "pushed_requests",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("id", Id, nullable=False),
    Column("portal_id", Id, nullable=False),
    Column("request_sealed", LargeBinary, nullable=False),
    # The thumbprint of the key that its code will be bound to, when the request came with one (RFC 9449 §10).
    Column("dpop_jkt", String(43)),
    Column("created_at", Moment, nullable=False),
    # Until when a browser may bring it; who has come by then has the time that an attempt lasts.
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("ix_pushed_requests_expires_at", "expires_at"),
)

# Used DPoP proofs (RFC 9449 §11.1), by the minutes in which they were made: a table each, so that they are forgotten by
# emptying one that nobody writes any more, and never by looking for what is old.
dpop_proofs = tuple(
    Table(f"dpop_proofs_{place}", metadata, Column("digest", Digest, primary_key=True)) for place in range(4)
)
