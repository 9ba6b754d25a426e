"""HTTP/2 as no well-behaved client speaks it (RFC 9113): any bytes for names and values, in one request.

What comes back is only looked at for the bodies of answers; their heads stay packed.
"""

import socket
import ssl
import struct
from collections.abc import Iterable

Field = tuple[bytes, bytes]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS, _ACKNOWLEDGED = 1, 4, 1
_MOST_FRAME = 16_384


def request(authority: bytes, path: bytes, fields: Iterable[Field], *, method: bytes = b"GET") -> list[Field]:
    """The fields of a request, pseudo ones first."""
    return [(b":method", method), (b":scheme", b"https"), (b":authority", authority), (b":path", path), *fields]


def ask(
    port: int,
    client: ssl.SSLContext,
    name: str,
    fields: Iterable[Field],
    body: bytes | None = None,
    trailers: Iterable[Field] = (),
) -> bytes | None:
    """The answer's body, or None when the server refused the request as a frame that it cannot take.

    Trailers only follow a body, which may be empty (RFC 9113 §8.1).
    """
    after = b"".join(map(_packed, trailers))
    client.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        client.wrap_socket(plain, server_hostname=name) as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        connection.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
        ends = _END_STREAM if body is None else 0
        connection.sendall(_frame(_HEADERS, _END_HEADERS | ends, 1, b"".join(map(_packed, fields))))
        if body is not None:
            connection.sendall(_frame(_DATA, 0 if after else _END_STREAM, 1, body))
        if after:
            connection.sendall(_frame(_HEADERS, _END_HEADERS | _END_STREAM, 1, after))
        return _answer(connection)


def _answer(connection: ssl.SSLSocket) -> bytes | None:
    received, body = b"", b""
    while chunk := connection.recv(65536):
        received += chunk
        while len(received) >= 9 and len(received) >= 9 + (length := int.from_bytes(received[:3], "big")):
            kind, flags, stream = received[3], received[4], int.from_bytes(received[5:9], "big")
            content, received = received[9 : 9 + length], received[9 + length :]
            if kind == _SETTINGS and not flags & _ACKNOWLEDGED:
                connection.sendall(_frame(_SETTINGS, _ACKNOWLEDGED, 0, b""))
            if kind == _GOAWAY or (kind == _RST_STREAM and not body):
                return None
            if kind == _DATA:
                body += content
            if kind in (_DATA, _HEADERS) and stream == 1 and flags & _END_STREAM:
                return body
    return None


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    assert len(content) <= _MOST_FRAME
    return len(content).to_bytes(3, "big") + struct.pack(">BBL", kind, flags, stream) + content


def _packed(field: Field) -> bytes:
    """Literal, not remembered, names and values as they are (RFC 7541 §6.2.2)."""
    return b"\x00" + b"".join(_length(len(part)) + part for part in field)


def _length(number: int) -> bytes:
    if number < 127:
        return bytes([number])
    number -= 127
    packed = bytearray([127])
    while number >= 128:
        packed.append(number % 128 + 128)
        number //= 128
    return bytes([*packed, number])
