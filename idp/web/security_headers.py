"""Headers that every answer carries (OWASP ASVS 5.0 §3.4), set in one place so that no endpoint can forget one.

What an endpoint sets itself stands: a page its own policy, static files and key sets their own caching.
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.web.content_policy import CLOSED_POLICY

_NEVER_NEEDED = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _NEVER_NEEDED),
    "content-security-policy": CLOSED_POLICY,
    "cache-control": "no-store",
}
_TWO_YEARS = 2 * 365 * 24 * 3600
_BREAK = re.compile(rb"[\r\n\0]")


class UnsafeHeader(Exception):
    """A header about to be sent holds a line break: a bug that lets a sender write our headers. Names the header."""


class SecurityHeaders:
    """Pure ASGI middleware around everything that answers."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        headers = dict(_ALWAYS)
        if https:
            headers["strict-transport-security"] = f"max-age={_TWO_YEARS}; includeSubDomains"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._complete(message["headers"])
            await send(message)

        await self._app(scope, receive, send_complete)

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        for name, value in headers:
            if _BREAK.search(value):
                raise UnsafeHeader(name.decode("ascii", "replace"))
        given = {name for name, _ in headers}
        return [*headers, *(header for header in self._headers if header[0] not in given)]
