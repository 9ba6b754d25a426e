"""From BER, as signing programs write it, to DER (X.690): every length definite and short, every octet string whole.

What comes out has as many levels as went in, at most `DEEPEST`, and no tag or object identifier that would be slow to
read. The order of the elements of a SET stays as it was: a signature was made over that order.
"""

from typing import Final

DEEPEST: Final = 32
"""Levels. A CMS signature with certificates has fifteen."""

MOST: Final = 4000
"""Elements. A certificate has about a hundred."""

_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_END: Final = 0x00
_OCTETS: Final = 0x04
_OBJECT_IDENTIFIER: Final = 0x06
_INDEFINITE: Final = 0x80
_LONGEST_LENGTH: Final = 4
_LONGEST_IDENTIFIER: Final = 64


def as_der(data: bytes) -> bytes:
    """The same element in DER; raises ValueError for anything but one element, complete and alone."""
    tag, content, end = _Reading(data).element(0, len(data), depth=0)
    if end != len(data):
        raise ValueError("bytes after the end")
    return _header(tag, len(content)) + content


class _Reading:
    """One walk through all elements."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MOST

    def element(self, start: int, limit: int, *, depth: int) -> tuple[int, bytes, int]:
        """Its tag, its content in DER, and where it ends."""
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise ValueError("too deep, or too much")
        tag, length, begin = self._begin(start, limit)
        if not tag & _CONSTRUCTED:
            if length is None or (tag == _OBJECT_IDENTIFIER and length > _LONGEST_IDENTIFIER):
                raise ValueError("a primitive element without end, or too long")
            return tag, self._data[begin : begin + length], begin + length
        children, end = self._children(begin, limit if length is None else begin + length, length is None, depth)
        if tag == _OCTETS | _CONSTRUCTED:
            if any(tag != _OCTETS for tag, _ in children):
                raise ValueError("an octet string of something else")
            return _OCTETS, b"".join(content for _, content in children), end
        return tag, b"".join(_header(tag, len(content)) + content for tag, content in children), end

    def _begin(self, start: int, limit: int) -> tuple[int, int | None, int]:
        """The tag of an element, its length (None: until a mark), and where its content begins."""
        if start + 2 > limit:
            raise ValueError("too short")
        tag, length, begin = self._data[start], self._data[start + 1], start + 2
        if tag & _LONG_TAG == _LONG_TAG or tag == _END:
            raise ValueError("a tag that no signature has")
        if length == _INDEFINITE:
            return tag, None, begin
        if length > _INDEFINITE:
            size = length - _INDEFINITE
            if size > _LONGEST_LENGTH:
                raise ValueError("a length too long")
            length, begin = int.from_bytes(self._data[begin : begin + size]), begin + size
        if begin + length > limit:
            raise ValueError("too short")
        return tag, length, begin

    def _children(self, start: int, limit: int, until_mark: bool, depth: int) -> tuple[list[tuple[int, bytes]], int]:
        """Tag and content of each element in between, and where they end, after the mark where there is one."""
        children: list[tuple[int, bytes]] = []
        while start < limit:
            if until_mark and self._data[start : min(start + 2, limit)] == b"\0\0":
                return children, start + 2
            tag, content, start = self.element(start, limit, depth=depth + 1)
            children.append((tag, content))
        if until_mark:
            raise ValueError("without end")
        return children, start


def _header(tag: int, length: int) -> bytes:
    if length < _INDEFINITE:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, _INDEFINITE + size)) + length.to_bytes(size)
