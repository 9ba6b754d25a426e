"""The same request many times in the same moment: all but the last byte of each is sent before any is whole."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from http.client import HTTPResponse
from urllib.parse import urlencode, urlsplit

from tests.support.raw_http import Answer, read_answer

FORM = "application/x-www-form-urlencoded"


def at_once(url: str, fields: Mapping[str, str], *, headers: Mapping[str, str], times: int) -> list[Answer]:
    """POST a form `times` times over, each on a connection of its own, and read what each was answered."""
    parts = urlsplit(url)
    body = urlencode(fields)
    lines = [f"POST {parts.path} HTTP/1.1", f"host: {parts.netloc}", "connection: close", f"content-type: {FORM}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = "\r\n".join([*lines, f"content-length: {len(body)}", "", body]).encode()
    with ExitStack() as open_together:
        connections = [
            open_together.enter_context(socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60))
            for _ in range(times)
        ]
        for connection in connections:
            connection.sendall(request[:-1])
        for connection in connections:
            connection.sendall(request[-1:])
        return [read_answer(HTTPResponse(connection, method="POST")) for connection in connections]
