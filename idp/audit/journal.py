"""The rows themselves, as lines of JSON for a SIEM or an archive: sealed ones only, in their order, from any position.

A line has `schema` (1), `position`, `id`, `at` (UTC, ISO 8601), `event`, `account_id`, `portal_id`, `actor`,
`reference`, `details` (an object, by event), `kept` (how long the row must stay) and `hash` (hexadecimal). It has what
the record has: ids, codes, counts, and sentences that staff wrote; never a citizen's name, number or address. The
same row always gives the same line.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select

from idp.audit.events import CATALOGUE
from idp.audit.tables import audit_events
from idp.storage import Row, Statement, Unit

SCHEMA: Final = 1
PAGE: Final = 500

_LONGEST_LINE: Final = 1 << 16

_c = audit_events.c
_AFTER: Final = Statement(
    select(audit_events).where(_c.position > bindparam("after")).order_by(_c.position).limit(PAGE)
)


class JournalUnfit(Exception):
    """A file is no journal, or ends in something else. The text says where."""


def lines_after(db: Unit, position: int) -> list[tuple[int, bytes]]:
    """The next lines after a position, each with its own and its end of line; none when there are no more."""
    return [(row.position, _line(row)) for row in db.all(_AFTER, after=position)]


def resume(path: Path) -> int:
    """The last position that a file has, 0 when there is none; a line that was cut short is taken away.

    Raises `JournalUnfit`, or `OSError`.
    """
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 2 * _LONGEST_LINE))
        end = file.read()
        whole = end.rfind(b"\n") + 1
        file.truncate(size - len(end) + whole)
        last = end[:whole].rstrip(b"\n").rpartition(b"\n")[2]
    if not last:
        return 0
    position: int = _read(last, "its last line")["position"]
    return position


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Add lines, and return when the disk has them."""
    with path.open("ab") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a journal; raises `JournalUnfit` at a line that is none, or `OSError`."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            yield _read(line, f"line {number}")


def _line(row: Row) -> bytes:
    known = CATALOGUE.get(row.event)
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "position": row.position,
            "id": row.id,
            "at": row.at,
            "event": row.event,
            "account_id": row.account_id,
            "portal_id": row.portal_id,
            "actor": row.actor,
            "reference": row.reference,
            "details": orjson.Fragment(row.details),
            "kept": known.kept if known else None,
            "hash": row.hash.hex(),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _read(line: bytes, where: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = orjson.loads(line)
        UUID(row["id"])
        of_types = [type(row[name]) for name in ("schema", "position", "at", "event", "details")]
        fits = row["schema"] == SCHEMA and of_types == [int, int, str, str, dict] and "account_id" in row
    except (ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise JournalUnfit(f"{where} is no row of a journal")
    return row
