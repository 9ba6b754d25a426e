"""The data keys, wrapped by the master key."""

from sqlalchemy import Column, SmallInteger, String, Table, UniqueConstraint

from idp.storage import metadata
from idp.storage.columns import Id, Moment, Sealed

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("purpose", String(32), nullable=False),
    # Counts up in each purpose and stands in every sealed value. Unique, so that of two workers that start at once on
    # an empty database only one makes the first key.
    Column("generation", SmallInteger, nullable=False),
    Column("wrapped_key", Sealed, nullable=False),
    Column("created_at", Moment, nullable=False),
    # A retired key still opens; it no longer seals.
    Column("retired_at", Moment),
    UniqueConstraint("purpose", "generation"),
)
