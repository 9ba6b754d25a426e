"""Cookies, all of one kind: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/ (OWASP ASVS 5.0 §3.3).

The prefix makes the browser refuse the cookie from any other host, so a neighbouring site cannot plant one. Chromium
takes Secure cookies on loopback http too; no mode without the prefix is needed.
"""

import re
from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response

_NAME = re.compile(r"[a-z0-9_]{1,40}")
_VALUE = re.compile(r"[A-Za-z0-9_.~-]{1,3800}")
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


class HostCookie:
    """One cookie by name. Values are base64url-like text of at most 3,800 characters; anything else is a bug."""

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError("a cookie's name is lower-case letters, digits and _")
        self.name = f"__Host-{name}"

    def set(self, response: Response, value: str, *, max_age: timedelta | None = None) -> None:
        """Have the browser keep `value`: until it closes, or for `max_age`."""
        if not _VALUE.fullmatch(value):
            raise ValueError(f"not a value for the cookie {self.name}")
        lifetime = "" if max_age is None else f"; Max-Age={int(max_age.total_seconds())}"
        self._add(response, f"{self.name}={value}; {_ATTRIBUTES}{lifetime}")

    def read(self, request: HTTPConnection) -> str | None:
        """What the browser sent, or None. It may be forged and it may be old: prove it before use."""
        value = request.cookies.get(self.name)
        return value if value is not None and _VALUE.fullmatch(value) else None

    def clear(self, response: Response) -> None:
        """Have the browser forget it."""
        self._add(response, f"{self.name}=; {_ATTRIBUTES}; Max-Age=0")

    @staticmethod
    def _add(response: Response, cookie: str) -> None:
        response.raw_headers.append((b"set-cookie", cookie.encode("ascii")))
