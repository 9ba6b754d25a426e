"""Bodies that are no JSON object, whatever members were asked for."""

from typing import Final

NO_OBJECTS: Final = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"{}{}",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"[" * 60_000,
    b'{"a":' * 12_000,
    b"client_name=x",
)


def shown(body: bytes) -> str:
    """A name for a test with that body."""
    return body[:24].decode("latin-1")
