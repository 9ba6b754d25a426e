"""The little of ASGI that the guard needs, in the words of its specification."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


def values_of(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a header, as it came. `name` in lower case, as servers give names."""
    return [value for each, value in scope["headers"] if each.lower() == name]


def path_of(scope: Scope) -> str:
    """The path below the place where the application is mounted, decoded: what the application's routes see."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


async def answer_json(
    send: Send, status: int, body: Mapping[str, str], headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """A whole answer that nobody may keep."""
    content = json.dumps(dict(body)).encode()
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, length, *headers]})
    await send({"type": "http.response.body", "body": content})
