"""The robot's cookies, as a browser keeps them (RFC 6265bis): by host, path and Secure; SameSite on the way back."""

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

_MOST: Final = 100
_LONGEST: Final = 4096
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class _Cookie:
    host: str
    is_for_subdomains: bool
    path: str
    secure: bool
    same_site: str
    value: str


@dataclass(slots=True)
class Cookies:
    """What one browser holds; at most a hundred."""

    _held: dict[tuple[str, str, str], _Cookie] = field(default_factory=dict)

    def take(self, url: str, line: str) -> None:
        """Keep, replace or drop the cookie of a Set-Cookie line; what a browser would not take is not taken."""
        source = urlsplit(url)
        first, *rest = line.split(";")
        name, equals, value = first.strip().partition("=")
        told = {key.strip().lower(): text.strip() for key, _, text in (each.partition("=") for each in rest)}
        host = source.hostname or ""
        domain = told.get("domain", "").lstrip(".").lower()
        secure = "secure" in told
        if not name or not equals or len(line) > _LONGEST or (secure and not _is_trustworthy(source)):
            return
        if domain and not (host == domain or (host.endswith(f".{domain}") and "." in domain)):
            return
        if name.startswith("__Host-") and (not secure or domain or told.get("path") != "/"):
            return
        path = told.get("path") or source.path.rpartition("/")[0] or "/"
        key = (name, domain or host, path)
        if _is_over(told):
            self._held.pop(key, None)
        elif key in self._held or len(self._held) < _MOST:
            same_site = told.get("samesite", "lax").lower()
            self._held[key] = _Cookie(domain or host, bool(domain), path, secure, same_site, value)

    def header(self, url: str, *, from_elsewhere: bool, is_post: bool) -> str:
        """The Cookie header of a navigation; `from_elsewhere` where another site sent the browser."""
        target = urlsplit(url)
        host, path = target.hostname or "", target.path or "/"
        return "; ".join(
            f"{name}={cookie.value}"
            for (name, _, _), cookie in self._held.items()
            if (host == cookie.host or (cookie.is_for_subdomains and host.endswith(f".{cookie.host}")))
            and (path == cookie.path or path.startswith(cookie.path.rstrip("/") + "/"))
            and (not cookie.secure or _is_trustworthy(target))
            and not (from_elsewhere and _stays_home(cookie.same_site, is_post))
        )


def _stays_home(same_site: str, is_post: bool) -> bool:
    return same_site == "strict" or (same_site == "lax" and is_post)


def _is_trustworthy(url: SplitResult) -> bool:
    host = url.hostname or ""
    return url.scheme == "https" or host in _LOOPBACK or host.endswith(".localhost")


def _is_over(told: dict[str, str]) -> bool:
    """Whether it is sent to be dropped. A run is shorter than any other lifetime."""
    if "max-age" in told:
        return told["max-age"].startswith("-") or told["max-age"] == "0"
    try:
        return parsedate_to_datetime(told["expires"]).year < 2000 if "expires" in told else False
    except (ValueError, OverflowError):  # a number that is no year or no zone
        return False
