"""Files of names that people had in an earlier system: CSV, UTF-8, a header, a citizen number and a `sub` a line.

A fault names the line and what is wrong there, never what stands there.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from idp.register import citizen_number
from idp.register.citizen_number import BadCitizenNumber
from idp.register.csv_records import CsvRecords
from idp.register.faults import Fault as RecordFault

NUMBER: Final = "citizen_number"
SUB: Final = ("sub", "techid")

_SUB: Final = re.compile(r"(?!\d+\Z)[A-Za-z0-9][A-Za-z0-9._:@-]{7,63}")
# RFC 9700 §4.15: a token of a program has its client_id as `sub`, so no person's name may be one. Portals are never
# named like a UUID or a digest (`idp.portals.members`), nor with : or @.
_OF_A_PERSON: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32,64}|.*[:@].*")


class Reason(StrEnum):
    """Why a line is not taken. The sentence goes on from the line's number."""

    BAD_RECORD = "is no record of two values, or is not UTF-8"
    BAD_NUMBER = "has a citizen number that is not twelve digits"
    BAD_SUB = "has a sub that is not 8 to 64 letters, digits and . _ : @ -, or is a number"
    LIKE_A_PORTAL = (
        "has a sub that a portal could have as its client_id: "
        "it must be a UUID, 32 to 64 hexadecimal digits, or have : or @ in it"
    )
    MIXED_CASE = "has a sub with capital and small letters"
    REPEATED_SUB = "has a sub that came before, or one that differs from it in case alone"
    NUMBER_AS_SUB = "has the citizen number in its sub"
    REPEATED_PERSON = "is of a person of whom another line is, by this number or an earlier one"
    UNKNOWN_NUMBER = "has a citizen number that the register does not know"
    OTHER_SUB = "is of a person who has another sub at this sector already"
    SUB_TAKEN = "has a sub that is another person's in this or another case, or the same person's at another sector"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line."""

    line: int
    reason: Reason

    def __str__(self) -> str:
        return f"line {self.line} {self.reason}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One line: the person with this number (twelve digits) was known by this `sub`."""

    line: int
    number: str = field(repr=False)
    sub: str = field(repr=False)


class SubjectFileRefused(Exception):
    """The file as a whole cannot be read. The text tells the operator why."""


class SubjectFile:
    """An open file; iterating gives each line or its fault. `offset` is how many bytes were read.

    Raises `SubjectFileRefused` for what cannot be read, and for a header that is none, before any line is looked at.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SubjectFileRefused(f"The file cannot be read: {error.strerror}.") from None
        try:
            if not self._file.seekable():
                raise SubjectFileRefused("This must be a file, not a pipe: it is read twice.")
            self._records = CsvRecords(self._file)
            self._rest = iter(self._records)
            self._number_at, self._sub_at = _columns(next(self._rest, None))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def digest(self) -> str:
        """SHA-256 of all of it, in hexadecimal: whoever keeps the file can show what was taken in. Ends the reading."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._records.offset

    def __iter__(self) -> Iterator[Claimed | Fault]:
        """Each line that is not empty."""
        for record in self._rest:
            if isinstance(record, RecordFault):
                yield Fault(record.line, Reason.BAD_RECORD)
            elif len(record[1]) != len(SUB):
                yield Fault(record[0], Reason.BAD_RECORD)
            else:
                yield self._read(*record)

    def _read(self, line: int, values: list[str]) -> Claimed | Fault:
        try:
            number = citizen_number.parse(values[self._number_at])
        except BadCitizenNumber:
            return Fault(line, Reason.BAD_NUMBER)
        sub = values[self._sub_at].strip()
        if not _SUB.fullmatch(sub):
            return Fault(line, Reason.BAD_SUB)
        if not _OF_A_PERSON.fullmatch(sub):
            return Fault(line, Reason.LIKE_A_PORTAL)
        if sub not in in_either_case(sub):
            return Fault(line, Reason.MIXED_CASE)
        if number in re.sub(r"\D", "", sub):
            return Fault(line, Reason.NUMBER_AS_SUB)
        return Claimed(line, number, sub)


def in_either_case(sub: str) -> tuple[str, str]:
    """All the names that some portals would take for this one: no name has letters of both cases."""
    return sub.lower(), sub.upper()


def _columns(header: tuple[int, list[str]] | RecordFault | None) -> tuple[int, int]:
    names = [] if header is None or isinstance(header, RecordFault) else [name.strip().lower() for name in header[1]]
    found = [name for name in names if name in SUB]
    if len(names) != len(SUB) or NUMBER not in names or len(found) != 1:
        raise SubjectFileRefused("The first line must name two columns: citizen_number and TechID (or sub), in UTF-8.")
    return names.index(NUMBER), names.index(found[0])
