"""A record of many sealed rows, as long sign-ins leave them, written as fast as each engine takes them."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from idp.audit.canonical import GENESIS, link

COLUMNS: Final = ("id", "at", "event", "account_id", "portal_id", "actor", "reference", "details", "position", "hash")
BATCH: Final = 50_000

_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BETWEEN: Final = timedelta(milliseconds=20)
_PORTAL: Final = UUID(int=0x7000_0000_0000_7000_8000_0000_0000_0001)
_KINDS: Final = (
    ("sign_in_succeeded", '{"methods":["pwd","otp"],"level":2}'),
    ("session_opened", '{"session_id":"01980000-0000-7000-8000-0123456789ab","level":2,"methods":["pwd","otp"]}'),
    ("code_issued", '{"scope":"openid profile","acr":"urn:vn:eid:auth-level:2"}'),
    ("tokens_issued", '{"grant_id":"01980000-0000-7000-8000-ba9876543210","grant_type":"authorization_code"}'),
)

_HEAD: Final = (
    "INSERT INTO audit_chain (id, position, hash) "
    "SELECT 1, position, hash FROM audit_events ORDER BY position DESC LIMIT 1"
)


class _Event(NamedTuple):
    """What the hash of a row is over."""

    id: UUID
    at: datetime
    event: str
    account_id: UUID
    portal_id: UUID
    actor: None
    reference: None
    details: str


def sealed_events(count: int) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of `COLUMNS`, each hash over the one before."""
    previous = GENESIS
    milliseconds = int(_BEGAN.timestamp() * 1000)
    for position in range(1, count + 1):
        event, details = _KINDS[position % len(_KINDS)]
        own = UUID(int=(milliseconds + position * 20) << 80 | 0x7 << 76 | 0b10 << 62 | position)
        account = UUID(int=0xA << 124 | 0x7 << 76 | 0b10 << 62 | position % 100_003)
        row = _Event(own, _BEGAN + position * _BETWEEN, event, account, _PORTAL, None, None, details)
        previous = link(previous, row, position)  # type: ignore[arg-type]
        yield (*row, position, previous)


def add_to_sqlite(path: str, count: int) -> None:
    """Into a migrated file that has no events."""
    connection = sqlite3.connect(path, isolation_level=None)
    places = ",".join("?" * len(COLUMNS))
    # Nobody minds if a power cut takes these.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    connection.execute("BEGIN")
    connection.executemany(
        f"INSERT INTO audit_events ({','.join(COLUMNS)}) VALUES ({places})",
        (
            (row[0].hex, (row[1] - _EPOCH) // timedelta(microseconds=1), row[2], row[3].hex, row[4].hex, *row[5:])
            for row in sealed_events(count)
        ),
    )
    connection.execute(_HEAD)
    connection.execute("COMMIT")
    connection.close()


def add_to_postgresql(url: str, count: int) -> None:
    """Into a migrated database that has no events."""
    asyncio.run(_copy(url, count))


async def _copy(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    rows = sealed_events(count)
    while batch := list(islice(rows, BATCH)):
        await connection.copy_records_to_table("audit_events", records=batch, columns=COLUMNS)
    await connection.execute(_HEAD)
    await connection.execute("VACUUM ANALYZE audit_events")
    await connection.close()
