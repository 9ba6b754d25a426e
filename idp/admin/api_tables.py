"""What calls of the admin API were answered, so that one that is repeated is answered the same and does nothing."""

from sqlalchemy import Column, Index, SmallInteger, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Json, Moment

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
