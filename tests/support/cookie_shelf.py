"""Cookies as Chromium keeps them on loopback, which no Python client does.

Chromium stores and returns `Secure` and `__Host-` cookies over plain http when the host is loopback; httpx and
http.cookiejar store them and never send them back. Ports do not part cookies, names and hosts do.
"""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class Cookie:
    """One cookie of one host. `same_site` is `lax`, `strict` or `none`; unsaid means lax, as in browsers."""

    host: str
    name: str
    value: str
    path: str
    secure: bool
    http_only: bool
    same_site: str


@dataclass
class CookieShelf:
    """What one browser holds. `refused` keeps the Set-Cookie lines that a browser would not have taken."""

    held: dict[tuple[str, str, str], Cookie] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def take(self, url: str, line: str) -> None:
        """Store, replace or remove the cookie of one Set-Cookie line that came from `url`.

        A lifetime is honoured only when it removes the cookie: tests move the server's clock, not the browser's,
        so an old cookie is sent and the server must refuse it.
        """
        source = urlsplit(url)
        cookie, attributes = _read(source, line)
        if not _may_be_set(source, cookie, attributes):
            self.refused.append(line)
            return
        key = (cookie.host, cookie.path, cookie.name)
        if _removes(attributes):
            self.held.pop(key, None)
        else:
            self.held[key] = cookie

    def header(self, url: str, *, method: str = "GET", from_host: str | None = None) -> str:
        """The Cookie header for a navigation to `url` that began on a page of `from_host` (None: typed in)."""
        target = urlsplit(url)
        crosses_sites = from_host is not None and from_host != target.hostname
        return "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.held.values()
            if cookie.host == target.hostname
            and _path_matches(cookie.path, target.path or "/")
            and (not cookie.secure or _is_trustworthy(target))
            and not (crosses_sites and _stays_home(cookie, method))
        )

    def get(self, host: str, name: str) -> str | None:
        """The value of a cookie, whatever its path."""
        return next((each.value for each in self.held.values() if (each.host, each.name) == (host, name)), None)

    def clear(self) -> None:
        self.held.clear()


def _read(source: SplitResult, line: str) -> tuple[Cookie, dict[str, str]]:
    first, *rest = line.split(";")
    name, _, value = first.strip().partition("=")
    attributes = {key.strip().lower(): told.strip() for key, _, told in (each.partition("=") for each in rest)}
    cookie = Cookie(
        host=source.hostname or "",
        name=name,
        value=value,
        path=attributes.get("path") or source.path.rpartition("/")[0] or "/",
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=attributes.get("samesite", "lax").lower(),
    )
    return cookie, attributes


def _may_be_set(source: SplitResult, cookie: Cookie, attributes: dict[str, str]) -> bool:
    """RFC 6265bis §5.7: a prefix is a promise about the other attributes."""
    if cookie.secure and not _is_trustworthy(source):
        return False
    if cookie.name.startswith("__Host-"):
        return cookie.secure and attributes.get("path") == "/" and "domain" not in attributes
    if cookie.name.startswith("__Secure-"):
        return cookie.secure
    return True


def _removes(attributes: dict[str, str]) -> bool:
    if "max-age" in attributes:
        return int(attributes["max-age"]) <= 0
    return " 1970 " in attributes.get("expires", "").replace("-", " ")


def _stays_home(cookie: Cookie, method: str) -> bool:
    """Whether a navigation from another site goes without this cookie (RFC 6265bis §5.8.3)."""
    return cookie.same_site == "strict" or (cookie.same_site == "lax" and method != "GET")


def _is_trustworthy(url: SplitResult) -> bool:
    host = url.hostname or ""
    return url.scheme == "https" or host in ("127.0.0.1", "::1", "localhost") or host.endswith(".localhost")


def _path_matches(path: str, asked: str) -> bool:
    return asked == path or asked.startswith(path.rstrip("/") + "/")
