"""The bytes of a row that its hash is over. They are the same on both engines and must never change."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from idp.storage import Row

GENESIS = bytes(32)
"""What stands for the hash before the first row."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def link(previous: bytes, row: Row, position: int) -> bytes:
    """SHA-256 over the hash before and the row at its position."""
    return hashlib.sha256(previous + _canonical(row, position)).digest()


def _canonical(row: Row, position: int) -> bytes:
    return orjson.dumps(
        [
            position,
            row.id.hex,
            (row.at - _EPOCH) // _MICROSECOND,
            row.event,
            _hex(row.account_id),
            _hex(row.portal_id),
            row.actor,
            row.reference,
            row.details,
        ]
    )


def _hex(identifier: UUID | None) -> str | None:
    return None if identifier is None else identifier.hex
