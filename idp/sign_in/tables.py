"""Counts of tries, the browsers that people signed in with, and certificates on their way from host to host."""

from sqlalchemy import Column, Integer, SmallInteger, String, Table

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Moment, Sealed

throttles = Table(
    "throttles",
    metadata,
    # Keyed digest of what is counted: neither a number nor an address can be read from it.
    Column("key", Digest, primary_key=True),
    # In the present window. A try is counted before it is checked and given back when it was right, so what is tried
    # and has not failed is on its way, or its process died.
    Column("tried", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    # Tries since the last right one, over all windows.
    Column("in_a_row", Integer, nullable=False),
    Column("doublings", SmallInteger, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
)

known_devices = Table(
    "known_devices",
    metadata,
    # Of the browser's own value and the account: that two people use one browser is not written down.
    Column("key", Digest, primary_key=True),
    Column("account_id", Id, nullable=False, index=True),
    # The highest that a sign-in with this browser has reached.
    Column("level", SmallInteger, nullable=False, server_default="1"),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False, index=True),
)

certificate_tickets = Table(
    "certificate_tickets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", Digest, nullable=False, unique=True),
    # What the certificate was shown for: this attempt, at this path.
    Column("attempt_id", Id, nullable=False),
    Column("back", String(64), nullable=False),
    Column("certificate_sealed", Sealed, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("spent_at", Moment),
)

spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("expires_at", Moment, nullable=False, index=True),
)
