"""Every cookie of the house that names something, in one place. None of them is readable by scripts."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from idp.web.cookies import HostCookie

SESSION = HostCookie("session")
"""The secret of a signed-in browser; goes when the browser closes."""

DEVICE = HostCookie("device")
"""Says that somebody signed in here before; it proves nothing but has a guess count of its own."""


class CookieFamily:
    """Cookies of one kind side by side, told apart by a short name; the oldest go when there are too many."""

    def __init__(self, kind: str, *, most: int) -> None:
        self._kind = kind
        self._most = most

    def read(self, request: HTTPConnection, name: str) -> str | None:
        """The value of one of them, or None."""
        try:
            return self._cookie(name).read(request)
        except ValueError:
            return None

    def set(self, request: HTTPConnection, response: Response, name: str, value: str) -> None:
        """Keep one, and have the browser forget the oldest beyond the most there may be."""
        prefix = f"__Host-{self._kind}_"
        # Browsers send cookies of one path in the order they were made (RFC 6265 §5.4).
        others = [known for known in request.cookies if known.startswith(prefix) and known != prefix + name]
        for known in others[: max(0, len(others) - self._most + 1)]:
            self.clear(response, known.removeprefix(prefix))
        self._cookie(name).set(response, value)

    def clear(self, response: Response, name: str) -> None:
        """Have the browser forget one. A name that is none of ours is left alone."""
        try:
            self._cookie(name).clear(response)
        except ValueError:
            return

    def _cookie(self, name: str) -> HostCookie:
        return HostCookie(f"{self._kind}_{name}")


ATTEMPTS = CookieFamily("attempt", most=2)
"""What the browser is in the middle of, sealed."""
