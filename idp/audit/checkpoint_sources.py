"""Where checkpoints are read from to hold the rows against them: files, or the database's own.

Those in the database show whoever changed rows and did not think of them, or could not sign new ones. Only those that
were kept elsewhere show whoever took both away.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from idp.audit import outbox
from idp.audit.checkpoint import LONGEST_LINE
from idp.audit.witness import Named
from idp.storage import Database, TextUnreadable, Unit

EXPORTED_WITHIN: Final = timedelta(minutes=10)
"""A file that is kept up to date has a checkpoint by then."""


async def of_files(paths: Sequence[Path]) -> AsyncIterator[Named]:
    """Every line, one file after another; raises `OSError`."""
    for path in paths:
        lines = _lines(path)
        while named := await asyncio.to_thread(next, lines, None):
            yield named


async def of_database(database: Database) -> AsyncIterator[Named]:
    """Those that the database keeps."""
    after = 0
    while True:
        try:
            found = await database.read(outbox.lines_from, after + 1)
        except (TextUnreadable, TypeError, AttributeError):
            # No value that a program of ours has written: SQLite takes any in any column.
            yield Named(b"", f"one of the database's rows after checkpoint {after}")
            return
        if not found:
            return
        for sequence, line in found:
            yield Named(line, f"the database's row of checkpoint {sequence}")
            after = sequence


def disagreement(db: Unit, last: int, *, is_older_copy: bool, now: datetime) -> str:
    """What is wrong between files that end with checkpoint `last` and the database's own; nothing when they agree."""
    own = outbox.standing(db)
    if own.sequence < last:
        return f"the database has forgotten checkpoints {own.sequence + 1} to {last}"
    due = outbox.newest_before(db, now - EXPORTED_WITHIN)
    if due > last and not is_older_copy:
        return f"the file ends with checkpoint {last}, and {due} should be in it"
    return ""


def _lines(path: Path) -> Iterator[Named]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            yield Named(line.removesuffix(b"\n"), f"line {number} of {path.name}")
