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
    body = urlencode(fields)
    form = {"content-type": FORM, "content-length": str(len(body))}
    return _all("POST", url, {**headers, **form}, body, times)


def posted_at_once(url: str, body: str, *, content_type: str, headers: Mapping[str, str], times: int) -> list[Answer]:
    """The same with a body that is no form."""
    about = {"content-type": content_type, "content-length": str(len(body.encode()))}
    return _all("POST", url, {**headers, **about}, body, times)


def opened_at_once(url: str, *, headers: Mapping[str, str], times: int) -> list[Answer]:
    """The same with GET."""
    return _all("GET", url, headers, "", times)


def _all(method: str, url: str, headers: Mapping[str, str], body: str, times: int) -> list[Answer]:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"{method} {target} HTTP/1.1", f"host: {parts.netloc}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = "\r\n".join([*lines, "", body]).encode()
    with ExitStack() as open_together:
        connections = [
            open_together.enter_context(socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60))
            for _ in range(times)
        ]
        for connection in connections:
            connection.sendall(request[:-1])
        for connection in connections:
            connection.sendall(request[-1:])
        return [read_answer(HTTPResponse(connection, method=method)) for connection in connections]
