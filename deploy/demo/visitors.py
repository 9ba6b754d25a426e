"""The browsers that one portal knows, in its memory.

The cookie is only a random name for what is kept here. Each portal has its own cookie name, because the portals
of the demo share one host and browsers do not part cookies by port.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE_SECONDS = 30 * 60
MOST_VISITORS = 10_000


@dataclass
class Visitor:
    """One browser and what the portal remembers of it."""

    id: str
    data: dict[str, Any] = field(default_factory=dict)
    seen: float = 0.0

    def renew(self) -> None:
        """Take a new name, so that a name which somebody planted before sign-in is worth nothing after it."""
        self.id = secrets.token_urlsafe(32)

    def forget(self) -> None:
        """Drop everything, the language included."""
        self.data.clear()
        self.renew()


class Visitors:
    """Pure ASGI middleware: puts the Visitor at `scope["visitor"]` and its data where Authlib looks for a session.

    A browser gets a cookie only once there is something to remember.
    """

    def __init__(self, app: ASGIApp, *, cookie: str, secure: bool) -> None:
        self._app = app
        # A portal on plain http cannot promise Secure, and not every browser takes Secure cookies from localhost.
        self._cookie = f"__Host-{cookie}" if secure else cookie
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        self._known: dict[str, Visitor] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the visitor, hand the request on, and set or clear the cookie on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visitor, told = self._find(Headers(scope=scope).get("cookie", ""))
        scope["visitor"], scope["session"], scope["visitors"] = visitor, visitor.data, self

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._keep(visitor, told, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def forget_where(self, is_meant: Callable[[dict[str, Any]], bool]) -> None:
        """Drop what is remembered of every browser of which this holds."""
        for name, visitor in list(self._known.items()):
            if is_meant(visitor.data):
                visitor.data.clear()
                del self._known[name]

    def _find(self, header: str) -> tuple[Visitor, str | None]:
        """The visitor of a Cookie header, a new one if need be, and the name that the browser told."""
        try:
            morsel = SimpleCookie(header).get(self._cookie)
        except CookieError:
            morsel = None
        told = morsel.value if morsel else None
        visitor = self._known.get(told) if told else None
        if visitor is None or time.monotonic() - visitor.seen > IDLE_SECONDS:
            visitor = Visitor(secrets.token_urlsafe(32))
        return visitor, told

    def _keep(self, visitor: Visitor, told: str | None, headers: MutableHeaders) -> None:
        if told is not None and told != visitor.id:
            self._known.pop(told, None)
        if visitor.data:
            visitor.seen = time.monotonic()
            self._known[visitor.id] = visitor
            while len(self._known) > MOST_VISITORS:
                self._known.pop(next(iter(self._known)))
        else:
            self._known.pop(visitor.id, None)
        if visitor.data and told != visitor.id:
            headers.append("set-cookie", f"{self._cookie}={visitor.id}{self._attributes}")
        elif told is not None and not visitor.data:
            headers.append("set-cookie", f"{self._cookie}=; Max-Age=0{self._attributes}")
