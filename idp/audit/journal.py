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
    return _position(last, "its last line")


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
            _position(line, f"line {number}")
            row: dict[str, Any] = orjson.loads(line)
            yield row


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


def _position(line: bytes, where: str) -> int:
    try:
        row = orjson.loads(line)
        position = row["position"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise JournalUnfit(f"{where} is no row of a journal") from None
    if type(position) is not int or row.get("schema") != SCHEMA:
        raise JournalUnfit(f"{where} is no row of a journal")
    return position
