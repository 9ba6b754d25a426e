"""A lean load driver: HTTP/1.1 with keep-alive, written by hand so that the driver is not what is measured.

It drives authorize (with a live session) → code → token → userinfo, and knows a provider only by its `Target`. Any
answer but the right one ends the round: a benchmark of errors is worth nothing.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

VERIFIER = "the-verifier-of-every-flow-is-the-same-it-costs-the-server-as-much"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
STEPS = ("authorize", "token", "userinfo")


class WrongAnswer(Exception):
    """A server answered otherwise than a sign-in that goes well. The text has the status and the start of the body."""


def code_in_location(location: str) -> str:
    """The authorization code in a redirect to the portal."""
    return parse_qs(urlsplit(location).query)["code"][0]


@dataclass(frozen=True)
class Target:
    """A provider to drive, and a portal and people known to it.

    `cookies` are whole Cookie header values, one a signed-in browser; connections share them in turn.
    `authorization` is the prepared header of the portal at the token endpoint. `authorize_query` has all but
    state, nonce and the PKCE challenge. The paths are those of the discovery document.
    """

    name: str
    base_url: str
    cookies: Sequence[str]
    authorization: str
    authorize_query: Mapping[str, str]
    authorize_path: str = "/authorize"
    token_path: str = "/token"
    userinfo_path: str = "/userinfo"
    code_in: Callable[[str], str] = code_in_location

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.base_url)
        return parts.hostname or "", parts.port or 80


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Flows:
    """What a time-bound round did: whole flows, seconds they took together, and each request's latency in seconds."""

    count: int = 0
    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})


class Connection:
    """One keep-alive connection of one signed-in browser and, on the same wire, its portal."""

    def __init__(self, target: Target, cookie: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._target = target
        self._reader = reader
        self._writer = writer
        host = f"HTTP/1.1\r\nHost: {urlsplit(target.base_url).netloc}\r\n"
        query = urlencode({**target.authorize_query, "code_challenge": CHALLENGE, "code_challenge_method": "S256"})
        self._authorize = f"GET {target.authorize_path}?{query}", f" {host}Cookie: {cookie}\r\n\r\n"
        self._token = (
            f"POST {target.token_path} {host}Authorization: {target.authorization}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
        )
        self._userinfo = f"GET {target.userinfo_path} {host}"
        redirect_uri = target.authorize_query["redirect_uri"]
        self._form = urlencode(
            {"grant_type": "authorization_code", "redirect_uri": redirect_uri, "code_verifier": VERIFIER}
        )

    @classmethod
    async def open(cls, target: Target, number: int) -> "Connection":
        reader, writer = await asyncio.open_connection(*target.address)
        return cls(target, target.cookies[number % len(target.cookies)], reader, writer)

    def close(self) -> None:
        self._writer.close()

    async def authorize(self) -> str:
        """Ask for a code with the live session and give it."""
        answer = await self._send(f"&state={secrets.token_hex(8)}&nonce={secrets.token_hex(8)}".join(self._authorize))
        if answer.status not in (302, 303) or "location" not in answer.headers:
            raise WrongAnswer(f"authorize: {answer.status} {answer.body[:400]!r}")
        return self._target.code_in(answer.headers["location"])

    async def token(self, code: str) -> str:
        """Redeem a code and give the access token."""
        form = f"{self._form}&code={code}"
        answer = await self._send(f"{self._token}Content-Length: {len(form)}\r\n\r\n{form}")
        if answer.status != 200:
            raise WrongAnswer(f"token: {answer.status} {answer.body[:400]!r}")
        tokens = orjson.loads(answer.body)
        if not tokens.get("id_token"):
            raise WrongAnswer("token: no id_token")
        access_token: str = tokens["access_token"]
        return access_token

    async def userinfo(self, access_token: str) -> str:
        """Ask who the person is and give the `sub`."""
        answer = await self._send(f"{self._userinfo}Authorization: Bearer {access_token}\r\n\r\n")
        if answer.status != 200:
            raise WrongAnswer(f"userinfo: {answer.status} {answer.body[:400]!r}")
        sub: str = orjson.loads(answer.body)["sub"]
        return sub

    async def ask(self, line: str, headers: Mapping[str, str], body: str = "") -> Answer:
        """Any request: its method and path, its headers, its body."""
        lines = [f"{line} HTTP/1.1", f"Host: {urlsplit(self._target.base_url).netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        return await self._send("\r\n".join([*lines, "", body]))

    async def _send(self, request: str) -> Answer:
        self._writer.write(request.encode("ascii"))
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if "content-length" not in headers:
            raise WrongAnswer(f"an answer without Content-Length: {status}")
        body = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(status.split(" ", 2)[1]), headers, body)


async def drive(target: Target, *, connections: int, seconds: float) -> Flows:
    """Whole flows, one after another on each connection, for that many seconds."""
    flows = Flows()
    opened = [await Connection.open(target, number) for number in range(connections)]
    start = time.perf_counter()

    async def one_browser(connection: Connection) -> None:
        while time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            code = await connection.authorize()
            coded = time.perf_counter()
            token = await connection.token(code)
            tokened = time.perf_counter()
            await connection.userinfo(token)
            ends = (begun, coded, tokened, time.perf_counter())
            for step, since, until in zip(STEPS, ends, ends[1:], strict=False):
                flows.latencies[step].append(until - since)
            flows.count += 1

    try:
        await asyncio.gather(*(one_browser(connection) for connection in opened))
    finally:
        for connection in opened:
            connection.close()
    flows.seconds = time.perf_counter() - start
    return flows


async def drive_by_step(
    target: Target, *, connections: int, requests: int, meter: Callable[[], float]
) -> dict[str, float]:
    """Send that many of each request, kind after kind, and say how much of `meter` one of each took.

    `meter` is read before and after each kind, e.g. the processor seconds of the server. All codes are redeemed
    within their minute when `requests` is a few thousand.
    """
    opened = [await Connection.open(target, number) for number in range(connections)]
    used: dict[str, float] = {}

    async def all_of(step: str, ask: Callable[[Connection, str], Awaitable[str]], given: list[str]) -> list[str]:
        left = iter(given)
        answers: list[str] = []

        async def one_browser(connection: Connection) -> None:
            for value in left:
                answers.append(await ask(connection, value))

        before = meter()
        await asyncio.gather(*(one_browser(connection) for connection in opened))
        used[step] = (meter() - before) / len(given)
        return answers

    try:
        codes = await all_of("authorize", lambda connection, _: connection.authorize(), [""] * requests)
        tokens = await all_of("token", Connection.token, codes)
        await all_of("userinfo", Connection.userinfo, tokens)
    finally:
        for connection in opened:
            connection.close()
    return used
