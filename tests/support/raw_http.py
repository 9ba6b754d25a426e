"""Requests of any bytes, as no well-behaved client sends them."""

import socket
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """Status 0 when the server closed the connection without a word. Header names are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


def send(
    base: str, method: str, target: bytes, *, headers: list[tuple[bytes, bytes]], body: bytes | None = None
) -> Answer:
    """One request on a connection of its own; `target` and headers go out as they are."""
    parts = urlsplit(base)
    lines = [method.encode() + b" " + target + b" HTTP/1.1", f"host: {parts.netloc}".encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in headers]
    if body is not None:
        lines.append(b"content-length: %d" % len(body))
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", body or b""]))
        return read_answer(HTTPResponse(connection, method=method))


def read_answer(response: HTTPResponse) -> Answer:
    """What came back on a connection."""
    try:
        response.begin()
        content = response.read()
    except (HTTPException, ConnectionError):
        return Answer(0, [], b"")
    return Answer(response.status, [(key.lower(), value) for key, value in response.getheaders()], content)
