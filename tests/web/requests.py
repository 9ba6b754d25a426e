"""Requests made by hand, for what is read without a server."""

from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.types import Message

Headers = Sequence[tuple[str, str]]


def request(
    path: str = "/", *, query: bytes = b"", method: str = "GET", headers: Headers = (), peer: str | None = "192.0.2.1"
) -> Request:
    """A request without a body."""
    return Request(_scope(path, query, method, headers, peer))


def posted(body: bytes | Sequence[bytes], content_type: str | None = "application/x-www-form-urlencoded") -> Request:
    """A POST whose body arrives in one or in several parts."""
    parts = [body] if isinstance(body, bytes) else list(body)
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": place < len(parts) - 1} for place, part in enumerate(parts)
    ]

    async def receive() -> Message:
        return messages.pop(0)

    headers = [] if content_type is None else [("content-type", content_type)]
    return Request(_scope("/", b"", "POST", headers, "192.0.2.1"), receive)


async def streamed(*parts: bytes) -> AsyncIterator[bytes]:
    """A body without a Content-Length, for httpx."""
    for part in parts:
        yield part


def _scope(path: str, query: bytes, method: str, headers: Headers, peer: str | None) -> dict[str, object]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": None if peer is None else (peer, 4711),
    }
