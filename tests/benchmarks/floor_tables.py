"""The floor's own five tables and what they hold before a round."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

TABLES = """
CREATE TABLE accounts (
    id uuid PRIMARY KEY, sub text NOT NULL, full_name text NOT NULL, birthdate text NOT NULL, gender text NOT NULL,
    state text NOT NULL, level smallint NOT NULL);
CREATE TABLE sessions (
    id uuid PRIMARY KEY, digest bytea NOT NULL UNIQUE, account_id uuid NOT NULL, level smallint NOT NULL,
    signed_in_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz);
CREATE TABLE codes (
    digest bytea PRIMARY KEY, session_id uuid NOT NULL, account_id uuid NOT NULL, client_id text NOT NULL,
    redirect_uri text NOT NULL, scope text NOT NULL, nonce text NOT NULL, challenge text NOT NULL,
    expires_at timestamptz NOT NULL, spent_at timestamptz);
CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY, session_id uuid NOT NULL, account_id uuid NOT NULL, client_id text NOT NULL,
    scope text NOT NULL, expires_at timestamptz NOT NULL);
CREATE TABLE audit (
    id uuid PRIMARY KEY, at timestamptz NOT NULL, event text NOT NULL, account_id uuid NOT NULL,
    client_id text NOT NULL);
"""


def new_id() -> UUID:
    return UUID(bytes=secrets.token_bytes(16), version=4)


def digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


async def fill(database_url: str, *, accounts: int, sessions: int) -> list[str]:
    """Make the tables, that many accounts, and sessions of the first of them; give the sessions' cookie values."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    people = [
        (new_id(), f"s{n:024d}", f"Nguyễn Thị Thử {n}", "1990-03-01", "female", "open", 2) for n in range(accounts)
    ]
    secrets_of_sessions = [secrets.token_urlsafe(32) for _ in range(sessions)]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(TABLES)
        await connection.copy_records_to_table("accounts", records=people)
        await connection.copy_records_to_table(
            "sessions",
            records=[
                (new_id(), digest(secret), people[n % accounts][0], 2, start, start + timedelta(days=36500), None)
                for n, secret in enumerate(secrets_of_sessions)
            ],
        )
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return secrets_of_sessions
