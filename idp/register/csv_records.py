"""Records of a comma-separated file (RFC 4180) from bytes that may be anything.

Python's reader alone is not enough: one quote that is never closed swallows what follows it, and a reader that took
each line for a record would read the second line of a quoted address as a person of its own. So: a quoted value may go
over lines when it is closed as the grammar wants, and then it is one record; a quote that breaks the grammar spoils its
own line only. Memory is bounded, whatever the file holds.
"""

import csv
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import BinaryIO

from idp.register.faults import Fault, Reason, RecordRefused

LONGEST_RECORD = 65_536
"""Bytes beyond which a record is refused unread."""

_CHUNK = 262_144
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_END_OF_PLAIN = re.compile(rb'[",\n]')

_VALUE = rb'(?:"[^"\n]*+(?:""[^"\n]*+)*+"|[^",\r\n]*+)'
_RECORD_OF_ONE_LINE = re.compile(_VALUE + rb"(?:," + _VALUE + rb")*+\r?\n")


class CsvRecords:
    """The records of a file that can seek. `line` lines and `offset` bytes of it have been read to their end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.line = 0
        self.offset = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Fault]:
        """The first line of each record and its values, or the fault of a record that has none.

        Empty lines are no records. A byte order mark at the start of the file is passed over.
        """
        while True:
            first = self.line + 1
            start = self._read()
            if first == 1:
                start = start.removeprefix(_BYTE_ORDER_MARK)
            if not start:
                return
            try:
                if values := self._values(start):
                    yield first, values
            except RecordRefused as refused:
                yield refused.at(first)

    def _read(self) -> bytes:
        """The next line, or the next part of one too long to hold."""
        chunk = self._file.readline(_CHUNK)
        self.offset += len(chunk)
        self.line += chunk.endswith(b"\n")
        return chunk

    def _values(self, start: bytes) -> list[str]:
        if b'"' not in start and len(start) < _CHUNK:
            text = _text(start).rstrip("\r\n")
            return text.split(",") if text else []
        record = start if _RECORD_OF_ONE_LINE.fullmatch(start) else self._record(start)
        try:
            return next(csv.reader([_text(record)], strict=True))
        except csv.Error:  # a carriage return between two values
            raise RecordRefused(Reason.CONTROL_CHARACTER) from None

    def _record(self, start: bytes) -> bytes:
        """The whole of a record that begins with `start`. Raises `RecordRefused` and goes on after its first line."""
        place = _Place()
        record, chunk, after_first_line = start, start, None
        try:
            while True:
                place.advance(chunk)
                ended = chunk.endswith(b"\n")
                if ended and not place.in_quotes:
                    return record
                if ended and after_first_line is None:
                    after_first_line = self.line, self.offset
                chunk = self._read()
                if not chunk and place.in_quotes:
                    raise RecordRefused(Reason.BAD_QUOTES)
                if not chunk:
                    return record
                # One byte more than may be is kept, so that the record is known to be too long.
                record = (record + chunk)[: LONGEST_RECORD + 1]
        except RecordRefused:
            self._resume(chunk, after_first_line)
            raise

    def _resume(self, chunk: bytes, after_first_line: tuple[int, int] | None) -> None:
        if after_first_line is not None:
            self.line, self.offset = after_first_line
            self._file.seek(self.offset)
            return
        while chunk and not chunk.endswith(b"\n"):
            chunk = self._read()


class _State(Enum):
    VALUE_BEGINS = auto()
    PLAIN = auto()
    QUOTED = auto()
    QUOTE_IN_QUOTED = auto()  # the end of the value, or half of an escaped quote


class _Place:
    """Where in the grammar the bytes seen so far end; they may be cut anywhere."""

    def __init__(self) -> None:
        self._state = _State.VALUE_BEGINS

    @property
    def in_quotes(self) -> bool:
        """Whether a quoted value is open."""
        return self._state is _State.QUOTED

    def advance(self, chunk: bytes) -> None:
        """Go on over `chunk`. Raises `RecordRefused` where a quote stands against the grammar."""
        at = 0
        while at < len(chunk):
            at = _STEPS[self._state](self, chunk, at)

    def _begin(self, chunk: bytes, at: int) -> int:
        quoted = chunk.startswith(b'"', at)
        self._state = _State.QUOTED if quoted else _State.PLAIN
        return at + quoted

    def _plain(self, chunk: bytes, at: int) -> int:
        end = _END_OF_PLAIN.search(chunk, at)
        if end is None:
            return len(chunk)
        if end[0] == b'"':
            raise RecordRefused(Reason.BAD_QUOTES)
        self._state = _State.VALUE_BEGINS
        return end.end()

    def _quoted(self, chunk: bytes, at: int) -> int:
        quote = chunk.find(b'"', at)
        if quote < 0:
            return len(chunk)
        self._state = _State.QUOTE_IN_QUOTED
        return quote + 1

    def _quote(self, chunk: bytes, at: int) -> int:
        sign = chunk[at : at + 1]
        if sign not in (b'"', b",", b"\r", b"\n"):
            raise RecordRefused(Reason.BAD_QUOTES)
        self._state = {b'"': _State.QUOTED, b"\r": _State.PLAIN}.get(sign, _State.VALUE_BEGINS)
        return at + 1


_STEPS = {
    _State.VALUE_BEGINS: _Place._begin,
    _State.PLAIN: _Place._plain,
    _State.QUOTED: _Place._quoted,
    _State.QUOTE_IN_QUOTED: _Place._quote,
}


def _text(record: bytes) -> str:
    if len(record) > LONGEST_RECORD:
        raise RecordRefused(Reason.TOO_LONG)
    try:
        return record.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordRefused(Reason.NOT_UTF8) from None
