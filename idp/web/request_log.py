"""One log line a request: method, the route's path template, status, time, reference. Nothing that a client wrote.

The path template (`/portals/{name}`) and not the path, a known method or OTHER, no query, no header, no address: a log
line can then hold neither a secret nor a person nor a forged line.
"""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class RequestLog:
    """Pure ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line when it is over; status 0 when nothing was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Made here, so that whatever is inside, copies of the scope included, shares the one reference.
        state = scope.setdefault("state", {})
        status = 0

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = perf_counter()
        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            line = {"reference": state["reference"]} if "reference" in state else {}
            log.info(
                "request",
                method=scope["method"] if scope["method"] in _METHODS else "OTHER",
                route=getattr(scope.get("route"), "path", None),
                status=status,
                ms=round((perf_counter() - began) * 1000, 1),
                **line,
            )
