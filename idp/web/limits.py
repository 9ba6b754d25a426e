"""How much and how slowly a client may send: no body beyond a limit is read, and none is waited for long.

The server (httptools) bounds an address at 64 KiB and does not bound headers, so the head has a limit here too.
"""

import asyncio
from datetime import timedelta

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.errors import Refusal
from idp.web.answers import Answers, RequestNotUnderstood
from idp.web.forms import MOST_BYTES, TooLarge

MOST_HEAD_BYTES = 64 * 1024
MOST_TIME = timedelta(seconds=10)


class BodyTooSlow(Refusal):
    """A body did not arrive whole in ten seconds.

    Operator: a very bad line, or somebody who holds connections open on purpose; the proxy's own limits come first.
    """

    code = "body_too_slow"


class BodyLimit:
    """Pure ASGI middleware around everything that reads.

    A head that is too long, or a body announced as such, is refused before anything runs. A body that grows too long,
    or comes too slowly, raises `TooLarge` or `BodyTooSlow` where it is read, so that an OAuth endpoint answers in its
    own way. Each time the connection is closed: the rest would be waited for, or taken for the next request.
    """

    def __init__(
        self, app: ASGIApp, *, answers: Answers, most_bytes: int = MOST_BYTES, most_time: timedelta = MOST_TIME
    ) -> None:
        self._app = app
        self._answers = answers
        self._most_bytes = most_bytes
        self._most_seconds = most_time.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a bounded body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _BoundedBody(receive, send, self._most_bytes, self._most_seconds)
        if refusal := self._refuses(scope):
            body.is_cut = True
            # Without what was sent: reading it is what is refused.
            response = await self._answers.refusal(Request({**scope, "query_string": b"", "headers": []}), refusal)
            await response(scope, receive, body.send)
        else:
            await self._app(scope, body.receive, body.send)

    def _refuses(self, scope: Scope) -> Refusal | None:
        head_bytes = len(scope["path"]) + len(scope["query_string"])
        for name, value in scope["headers"]:
            head_bytes += len(name) + len(value)
            if name == b"content-length":
                if not value.isdigit() or len(value) > 15:
                    return RequestNotUnderstood()
                if int(value) > self._most_bytes:
                    return TooLarge()
        return TooLarge() if head_bytes > MOST_HEAD_BYTES else None


class _BoundedBody:
    """One request's channels: what is received through them is bounded, and a cut body closes the connection."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int, most_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._bytes_left = most_bytes
        self._most_seconds = most_seconds
        self._deadline: float | None = None
        self._is_whole = False
        self.is_cut = False

    async def receive(self) -> Message:
        # After the body only a disconnect is waited for, and that may take as long as the answer does.
        if self._is_whole:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._most_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self.is_cut = True
            raise BodyTooSlow from None
        self._bytes_left -= len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes_left < 0:
            self.is_cut = True
            raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.is_cut and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await self._send(message)
