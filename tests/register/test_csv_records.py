"""Records from bytes that may be anything: what is broken is named, and nothing else is lost or invented."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register import csv_records
from idp.register.csv_records import LONGEST_RECORD, CsvRecords
from idp.register.faults import Fault, Reason

Read = list[tuple[int, list[str]] | Fault]


def read(content: bytes) -> Read:
    return list(CsvRecords(io.BytesIO(content)))


def fault(line: int, reason: Reason) -> Fault:
    return Fault(line, reason)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\r\n\n", []),
        (b"a,b\n", [(1, ["a", "b"])]),
        (b"a,b", [(1, ["a", "b"])]),
        (b"\xef\xbb\xbfa,b\r\n", [(1, ["a", "b"])]),
        (b"\xef\xbb\xbf", []),
        (b"a,\n,b\n,\n", [(1, ["a", ""]), (2, ["", "b"]), (3, ["", ""])]),
        (b'"a","b"\n', [(1, ["a", "b"])]),
        (b'"a","b"', [(1, ["a", "b"])]),
        (b'"a, ""b""",""\r\n', [(1, ['a, "b"', ""])]),
        (b'a,"b\nc",d\ne\n', [(1, ["a", "b\nc", "d"]), (3, ["e"])]),
        (b'a,"b\r\n\r\nc"\r\ne\r\n', [(1, ["a", "b\r\n\r\nc"]), (4, ["e"])]),
        ("Nguyễn,Hà\n".encode(), [(1, ["Nguyễn", "Hà"])]),
        (b"a\x00b,c\n", [(1, ["a\x00b", "c"])]),
        (b"a\rb\n", [(1, ["a\rb"])]),
    ],
)
def test_records_as_rfc_4180_has_them(content: bytes, expected: Read) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'a,"b\nc\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["c"]), (3, ["d"])]),
        (b'a,"b', [fault(1, Reason.BAD_QUOTES)]),
        (b'a"b,c\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["d"])]),
        (b'a "b" c\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["d"])]),
        (b'"a"b,c\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["d"])]),
        (b'"a\n"b","c"\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["b", "c"]), (3, ["d"])]),
        (b'a,"b\n"x, y",z\nd\n', [fault(1, Reason.BAD_QUOTES), (2, ["x, y", "z"]), (3, ["d"])]),
        (b'"a"\rb\nd\n', [fault(1, Reason.CONTROL_CHARACTER), (2, ["d"])]),
        (b"\xff\xfe,a\nd\n", [fault(1, Reason.NOT_UTF8), (2, ["d"])]),
        (b'"\xe1\xba",a\nd\n', [fault(1, Reason.NOT_UTF8), (2, ["d"])]),
        ("Nguyễn\nd\n".encode("utf-16-le") + b"\n", [fault(1, Reason.NOT_UTF8), (2, ["\x00d\x00"]), (3, ["\x00"])]),
        ("Hà Nội\nd\n".encode("cp1258", errors="replace"), [fault(1, Reason.NOT_UTF8), (2, ["d"])]),
        (b"a\xed\xa0\x80\nd\n", [fault(1, Reason.NOT_UTF8), (2, ["d"])]),
    ],
)
def test_a_broken_record_is_named_and_the_next_is_read(content: bytes, expected: Read) -> None:
    assert read(content) == expected


@pytest.mark.parametrize("length", [LONGEST_RECORD + 1, 300_000, 3_000_000])
@pytest.mark.parametrize("form", ["{}", "a,{}", '"{}"', '"a","{}"', '"{}\n{}"', '"{}\n003,a row inside\n"', '""""{}'])
def test_a_huge_record_is_passed_over_whole(form: str, length: int) -> None:
    content = form.replace("{}", "x" * length).encode()
    [refused, *rest] = read(content + b"\nd,e\n")
    lines = content.count(b"\n")
    if form == '""""{}':
        assert refused == fault(1, Reason.BAD_QUOTES)
    else:
        assert refused == fault(1, Reason.TOO_LONG)
    assert rest == [(2 + lines, ["d", "e"])]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 8])
def test_where_a_line_is_cut_makes_no_difference(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'"a""b","c\nd""",e\n"f" g\nh,"i\nj"\n' * 2
    whole = read(content)
    monkeypatch.setattr(csv_records, "_CHUNK", chunk)
    parts = read(content)
    assert [each for each in parts if isinstance(each, tuple)] == [each for each in whole if isinstance(each, tuple)]
    assert len(parts) == len(whole)


# A lone carriage return is left out: Python writes it without quotes, and at the end of a line it is no value.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\r"), max_size=12)
RECORDS = st.lists(st.lists(VALUES, min_size=2, max_size=4), max_size=6)


@given(RECORDS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_a_writer_that_keeps_the_grammar_wrote_is_read_as_it_was(
    records: list[list[str]], end: str, quoting: int
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end, quoting=quoting).writerows(records)  # type: ignore[arg-type]
    assert [each[1] for each in read(file.getvalue().encode()) if isinstance(each, tuple)] == records


HOSTILE = st.lists(
    st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"003", b"\x00", b"\xff", "ễ".encode(), b" "]),
    max_size=30,
).map(b"".join)


@given(HOSTILE | st.binary(max_size=80))
def test_any_bytes_are_read_to_their_end(content: bytes) -> None:
    records = CsvRecords(io.BytesIO(content))
    lines = [each[0] if isinstance(each, tuple) else each.line for each in records]
    assert lines == sorted(set(lines))
    assert records.offset == len(content)
    assert records.line == content.count(b"\n")


@given(HOSTILE.map(lambda broken: broken.replace(b'"', b"")), st.sampled_from([b"", b'"', b'a,"', b'""", ']))
def test_an_open_quote_takes_no_good_line_with_it(broken: bytes, opening: bytes) -> None:
    found = read(opening + broken + b"\ngood,line\n")
    assert found[-1] == (2 + broken.count(b"\n"), ["good", "line"])
