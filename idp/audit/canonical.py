"""The bytes of a row that its hash is over. They are the same on both engines and must never change."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, select, type_coerce
from sqlalchemy.types import NullType

from idp.audit.tables import audit_events
from idp.storage import Row

GENESIS = bytes(32)
"""What stands for the hash before the first row."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def link(previous: bytes, row: Row, position: int) -> bytes:
    """SHA-256 over the hash before and the row at its position. The row may be one of `sealed_rows`."""
    return hashlib.sha256(previous + _canonical(row, position)).digest()


def sealed_rows() -> Select[Any]:
    """Every column as the driver gives it: to make values of a million rows and take them apart again is most of the
    work of verifying them."""
    columns: list[Any] = [type_coerce(column, NullType()).label(column.name) for column in audit_events.columns]
    return select(*columns)


def _canonical(row: Row, position: int) -> bytes:
    return orjson.dumps(
        [
            position,
            _hex(row.id),
            _microseconds(row.at),
            row.event,
            _hex(row.account_id),
            _hex(row.portal_id),
            row.actor,
            row.reference,
            row.details,
        ]
    )


def _hex(identifier: UUID | str | None) -> str | None:
    """SQLite keeps the digits themselves."""
    return identifier if identifier is None or type(identifier) is str else identifier.hex  # type: ignore[union-attr]


def _microseconds(at: datetime | int) -> int:
    """SQLite keeps the number itself."""
    return at if type(at) is int else (at - EPOCH) // _MICROSECOND  # type: ignore[operator]
