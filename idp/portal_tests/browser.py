"""A browser without a person: it follows a portal's redirects, keeps its cookies, and stops at the provider.

It goes to the portal's own hosts and nowhere else, with nothing but GET and the form of an answer, and it ends early:
a portal under test may hang, loop, redirect inside or send a gigabyte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from idp.errors import Refusal
from idp.outbound import Answer, Outbound, OutboundNotAllowed
from idp.portal_tests.cookies import Cookies

SECONDS: Final = 8.0
MOST_BYTES: Final = 512 << 10
MOST_REDIRECTS: Final = 12
MOST_CALLS: Final = 400
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_FORM: Final = "application/x-www-form-urlencoded"


class Stopped(Exception):
    """The browser could not go on; `seen` is the code of the sentence that says why."""

    def __init__(self, seen: str, **figures: str | int) -> None:
        super().__init__(seen)
        self.seen = seen
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a visit ended. `asked` is the authorization request, where it ended at the pretend provider."""

    url: str
    status: int
    text: str = ""
    asked: Mapping[str, str] | None = None


@dataclass(slots=True)
class Budget:
    """Calls that are left to a whole run."""

    left: int = MOST_CALLS

    def spend(self) -> None:
        """One call; raises `Stopped` where none is left."""
        self.left -= 1
        if self.left < 0:
            raise Stopped("too_many_calls", most=MOST_CALLS)


@dataclass(slots=True)
class Browser:
    """One fresh browser. `origins` are the portal's; `issuer` is the run's."""

    outbound: Outbound
    origins: frozenset[str]
    issuer: str
    budget: Budget
    seconds: float = SECONDS
    cookies: Cookies = field(default_factory=Cookies)

    async def visit(self, url: str) -> Arrival:
        """Go there and follow redirects; raises `Stopped`."""
        return await self._follow(url, await self._call(url, from_elsewhere=False), from_elsewhere=False)

    async def look(self, url: str) -> Arrival:
        """Go there and stay, whatever the answer is."""
        answer = await self._call(url, from_elsewhere=False)
        return Arrival(url, answer.status, _text(answer))

    async def bring(self, address: str, parameters: Mapping[str, str], *, by_post: bool) -> Arrival:
        """Bring the provider's answer to the portal, as its own redirect or form would."""
        if by_post:
            answer = await self._call(address, from_elsewhere=True, form=urlencode(parameters).encode())
            return await self._follow(address, answer, from_elsewhere=False)
        url = f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"
        return await self._follow(url, await self._call(url, from_elsewhere=True), from_elsewhere=True)

    async def _follow(self, url: str, answer: Answer, *, from_elsewhere: bool) -> Arrival:
        for _ in range(MOST_REDIRECTS):
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return Arrival(url, answer.status, _text(answer))
            url = _joined(url, location)
            if url.partition("?")[0] == f"{self.issuer}/authorize":
                return Arrival(url, answer.status, asked=dict(parse_qsl(urlsplit(url).query)))
            answer = await self._call(url, from_elsewhere=from_elsewhere)
        raise Stopped("redirects_without_end", most=MOST_REDIRECTS)

    async def _call(self, url: str, *, from_elsewhere: bool, form: bytes | None = None) -> Answer:
        if origin_of(url) not in self.origins:
            raise Stopped("sent_elsewhere", host=_host(url))
        self.budget.spend()
        sent = self.cookies.header(url, from_elsewhere=from_elsewhere, is_post=form is not None)
        headers = {"Accept": "text/html,application/json;q=0.9,*/*;q=0.8"} | ({"Cookie": sent} if sent else {})
        try:
            if form is None:
                answer = await self.outbound.get(url, headers=headers, seconds=self.seconds, most_bytes=MOST_BYTES)
            else:
                answer = await self.outbound.post(
                    url, form, content_type=_FORM, headers=headers, seconds=self.seconds, most_bytes=MOST_BYTES
                )
        except Refusal as refusal:
            raise _stopped(refusal, url) from None
        for line in answer.cookies:
            self.cookies.take(url, line)
        return answer


def origin_of(url: str) -> str:
    """Scheme, host and port, written out; empty for what is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}" if port and parts.hostname and not parts.username else ""


def _stopped(refusal: Refusal, url: str) -> Stopped:
    if isinstance(refusal, OutboundNotAllowed):
        return Stopped("not_allowed", host=_host(url))
    if refusal.reason.startswith("TimeoutError"):
        return Stopped("silent", host=_host(url))
    if "bytes" in refusal.reason:
        return Stopped("too_much", kilobytes=MOST_BYTES >> 10)
    return Stopped("unreachable", host=_host(url))


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Stopped("sent_elsewhere", host="?") from None


def _host(url: str) -> str:
    """For the report: a host and its port, and nothing that a portal could write there."""
    origin = origin_of(url).partition("://")[2]
    return origin if len(origin) <= 100 and origin.isascii() and origin.isprintable() else "?"


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")
