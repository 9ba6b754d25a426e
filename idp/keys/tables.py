"""The signing keys."""

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from idp.storage import metadata
from idp.storage.columns import Id, Json, Moment, Sealed

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("algorithm", String(16), nullable=False),
    # Counts up in each algorithm. Unique, so that of two workers that start at once on an empty database, or of two
    # operators who rotate at once, only one adds a key.
    Column("generation", Integer, nullable=False),
    Column("kid", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    # In the JWKS document from then on.
    Column("published_at", Moment, nullable=False),
    # Signs from then on.
    Column("active_at", Moment, nullable=False),
    # Signs no longer, still verifies.
    Column("retired_at", Moment),
    # Out of the document; its last token has died.
    Column("dead_at", Moment),
    # PKCS #8. Destroyed by upkeep once the key is dead.
    Column("sealed_private_key", Sealed),
    # Kept, so that a signature of long ago can still be examined.
    Column("public_jwk", Json, nullable=False),
    UniqueConstraint("algorithm", "generation"),
)
