"""A revocation list taken apart without reading its entries (RFC 5280 §5.1).

A list may have hundreds of thousands of entries. The library decodes and encodes all of them whenever it is asked for
anything, and nothing else in the process runs meanwhile; so what it is given is the same list without entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

_INTEGER: Final = 0x02
_SEQUENCE: Final = 0x30
_TIMES: Final = (0x17, 0x18)


@dataclass(frozen=True, slots=True)
class ListParts:
    """`signed` is what the signature is over, `head` the whole list without its entries, `entries` those, as DER."""

    signed: memoryview = field(repr=False)
    head: bytes = field(repr=False)
    entries: memoryview = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> Self:
        """Raises `ValueError` for what is no list."""
        whole = memoryview(der)
        tag, begin, end = _element(whole, 0)
        if tag != _SEQUENCE or end != len(whole):
            raise ValueError("not one sequence")
        _, inner, signed_end = _element(whole, begin)
        entries, kept, algorithm, said_time = whole[:0], bytearray(), whole[:0], False
        for kind, first, content, after in _elements(whole[:signed_end], inner):
            if kind != _SEQUENCE or not said_time:
                kept += whole[first:after]
            elif len(entries):
                raise ValueError("two lists in one")
            else:
                entries = whole[content:after]
            if kind == _SEQUENCE and not algorithm:
                algorithm = whole[first:after]
            said_time = said_time or kind in _TIMES
        if whole[signed_end : _element(whole, signed_end)[2]] != algorithm:
            raise ValueError("signed in two ways")  # RFC 5280 §5.1.1.2
        head = _sequence(_sequence(bytes(kept)) + whole[signed_end:end])
        return cls(signed=whole[begin:signed_end], head=head, entries=entries)

    def each(self) -> Iterator[tuple[bytes, bytes]]:
        """Serial number, big-endian as it stands there, and the extensions of each entry, as DER; raises `ValueError`.

        One by one, so that a thread which reads them lets others run in between.
        """
        entries, at, whole = bytes(self.entries), 0, len(self.entries)
        while at < whole:
            tag, begin, end = _element(entries, at)
            number, first, last = _element(entries, begin)
            time, _, extensions = _element(entries, last) if last < end else (0, 0, 0)
            if tag != _SEQUENCE or number != _INTEGER or time not in _TIMES or extensions > end:
                raise ValueError("not an entry")
            yield entries[first:last], entries[extensions:end]
            at = end


def _elements(data: memoryview, at: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, first byte, first byte of the content, end."""
    while at < len(data):
        tag, content, end = _element(data, at)
        yield tag, at, content, end
        at = end


def _element(data: memoryview | bytes, at: int) -> tuple[int, int, int]:
    """Tag, where the content begins, where it ends (X.690 §8.1.3); raises `ValueError`."""
    try:
        length, begin = data[at + 1], at + 2
        if length >= 0x80:
            count = length - 0x80
            begin += count
            length = int.from_bytes(data[at + 2 : begin], "big")
            if not 1 <= count <= 4 or length < 0x80:
                raise ValueError("length")
    except IndexError:
        raise ValueError("ends early") from None
    if begin + length > len(data):
        raise ValueError("ends early")
    return data[at], begin, begin + length


def _sequence(content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((_SEQUENCE, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((_SEQUENCE, 0x80 + len(length))) + length + content
