"""CSV files of people: UTF-8, a header with the names of `COLUMNS`, one record a person.

Dates are `YYYY-MM-DD` (a year alone for a birth), earlier numbers are parted by semicolons. An optional column that the
header leaves out is not stated, so an import keeps what the register has; an empty value states that there is none.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Self

from idp.register.csv_records import CsvRecords
from idp.register.csv_rows import read_row
from idp.register.entries import COLUMNS, REQUIRED, Entry
from idp.register.faults import Fault, Reason, RecordRefused


class FileRefused(Exception):
    """The file as a whole cannot be read as people. The text tells the operator why."""


class PeopleFile:
    """An open file of people. `columns` are those its header has; `offset` is how many bytes of it have been read.

    Raises `FileRefused` when there is no usable header, before any record is looked at.
    """

    def __init__(self, path: Path, *, today: date) -> None:
        self._file = path.open("rb")
        self._today = today
        try:
            if not self._file.seekable():
                raise FileRefused("This must be a file, not a pipe: a broken quote is read twice.")
            self._records = CsvRecords(self._file)
            self._rest = iter(self._records)
            self.columns = _columns(next(self._rest, None))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._records.offset

    def __iter__(self) -> Iterator[Entry | Fault]:
        """Each person, or the fault of a record that is none."""
        for record in self._rest:
            if isinstance(record, Fault):
                yield record
                continue
            line, values = record
            try:
                yield read_row(self.columns, values, line=line, today=self._today)
            except RecordRefused as refused:
                yield refused.at(line)


def _columns(header: tuple[int, list[str]] | Fault | None) -> tuple[str, ...]:
    if header is None:
        raise FileRefused("The file is empty.")
    if isinstance(header, Fault):
        if header.reason is Reason.NOT_UTF8:
            raise FileRefused("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")
        raise FileRefused(f"The header cannot be read: {header}.")
    columns = tuple(name.strip().lower() for name in header[1])
    if missing := [name for name in REQUIRED if name not in columns]:
        raise FileRefused(f"The header lacks {', '.join(missing)}. Columns are parted by commas: {', '.join(COLUMNS)}.")
    if len(columns) != len(set(columns)) or not set(columns) <= set(COLUMNS):
        raise FileRefused(f"The header has a column that is not known, or one twice. Known are {', '.join(COLUMNS)}.")
    return columns


def write(entries: Iterable[Entry], file: IO[str]) -> None:
    """Write people with every column. Open `file` with `newline=""`."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(map(_row, entries))


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.number,
        entry.full_name,
        str(entry.birth),
        entry.gender,
        entry.province,
        entry.commune,
        entry.address_detail,
        entry.scheme,
        entry.nationality,
        entry.phone or "",
        entry.status,
        entry.card_expires.isoformat() if entry.card_expires else "",
        ";".join(entry.previous_numbers),
        entry.guardian_number or "",
        str(entry.key) if entry.key else "",
    )
