"""Runs, what their pretend providers issued, and what portals did with it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from idp.storage import metadata
from idp.storage.columns import Digest, Id, Json, Moment

portal_tests = Table(
    "portal_tests",
    metadata,
    Column("id", Id, primary_key=True),
    # The end of the issuer's address.
    Column("name", String(32), nullable=False, unique=True),
    Column("portal_id", Id, nullable=False),
    Column("started_at", Moment, nullable=False),
    # Until when the pretend provider answers.
    Column("expires_at", Moment, nullable=False),
    Column("started_by", String(64), nullable=False),
    # Where the robot begins and where it looks who is signed in; null: as the portal registered, and as it turns out.
    Column("start_url", Text),
    Column("probe_url", Text),
    # Whom the pretend provider signs in.
    Column("sub", String(64), nullable=False),
    # Null once the run has ended: nobody can use its keys any more.
    Column("sealed_keys", LargeBinary),
    # Until when whoever goes through it is believed to be at it; null while nobody has begun.
    Column("claimed_until", Moment),
    Column("waits_until", Moment),
    # What is being tried, and what is wrong there on purpose.
    Column("step", String(40), nullable=False),
    Column("lie", Json, nullable=False),
    # How many of its keys are published.
    Column("published", SmallInteger, nullable=False),
    Column("results", Json, nullable=False),
    Column("finished_at", Moment),
    Column("outcome", String(16)),
    Index("ix_portal_tests_portal_id", "portal_id", "id"),
    Index("ix_portal_tests_started_at", "started_at"),
    Index("ix_portal_tests_finished_at", "finished_at", "claimed_until"),
)

portal_test_values = Table(
    "portal_test_values",
    metadata,
    # Of a request URI, a code or a token; each has a prefix that says which.
    Column("digest", Digest, primary_key=True),
    Column("test_id", Id, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_portal_test_values_issued_at", "issued_at"),
)

portal_test_sightings = Table(
    "portal_test_sightings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("test_id", Id, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("step", String(40), nullable=False),
    # Where the portal called, and what came of it.
    Column("endpoint", String(16), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_portal_test_sightings_test_id", "test_id", "step"),
    Index("ix_portal_test_sightings_seen_at", "seen_at"),
)
