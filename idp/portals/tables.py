"""Portals, the client assertions they have used, what they register themselves with, and what is tolerated of them."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

portals = Table(
    "portals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", String(64), nullable=False, unique=True),
    # `portal_directory.version` as it was when this row was last written.
    Column("version", BigInteger, nullable=False, index=True),
    Column("registered_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    # Since when it waits for an administrator's yes; null when it is live.
    Column("pending_since", Moment),
    Column("secret_digest", Digest),
    Column("registration", Json, nullable=False),
)

portal_directory = Table(
    "portal_directory",
    metadata,
    # One row, number 1. Whoever writes portals counts it up first and so holds its lock: versions are committed in
    # their order, and who has seen one has missed none before it.
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

client_assertions = Table(
    "client_assertions",
    metadata,
    # Of the portal and its `jti`, which may be any text of any length.
    Column("digest", Digest, primary_key=True),
    # How long the assertion could be presented again.
    Column("kept_until", Moment, nullable=False, index=True),
)

initial_tokens = Table(
    "initial_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", Digest, nullable=False, unique=True),
    Column("bounds", Json, nullable=False),
    Column("used", Integer, nullable=False),
    Column("most_uses", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

registrations = Table(
    "registrations",
    metadata,
    # Of a portal that registered itself.
    Column("portal_id", Id, primary_key=True),
    Column("initial_token_id", Id, nullable=False),
    # Of its registration access token.
    Column("digest", Digest, nullable=False, unique=True),
    Column("sector_identifier_uri", String(1000)),
    # When it gave itself up.
    Column("ended_at", Moment),
)

laxity_uses = Table(
    "laxity_uses",
    metadata,
    # One row for each thing that is tolerated of a portal (`idp.portals.laxities`) and that it has ever used.
    Column("portal_id", Id, primary_key=True),
    Column("laxity", String(40), primary_key=True),
    # Midnights (UTC).
    Column("first_day", Moment, nullable=False),
    Column("last_day", Moment, nullable=False),
    # On how many days it was used.
    Column("days", Integer, nullable=False),
)
