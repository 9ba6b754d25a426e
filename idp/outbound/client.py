"""GET and POST, guarded and bounded."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpcore
import httpx
import orjson

from idp.outbound.addresses import AllowList
from idp.outbound.connections import GuardedConnections
from idp.outbound.names import Names, Resolve
from idp.outbound.refusals import OutboundNotAllowed, OutboundUnavailable
from idp.settings import Settings, SettingsRefused

SECONDS = 3.0
"""For the whole call: name, connection, TLS, answer."""

MOST_BYTES = 1 << 20

_SECONDS_FOR_A_REST = 0.5

_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    OSError,  # TimeoutError and ssl.SSLError are of this family
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status: a redirect is an answer like any other. Header names are lower-case.

    `cookies` are the values of all its Set-Cookie headers, in their order.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body as JSON; raises `OutboundUnavailable` when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OutboundUnavailable("the answer is not JSON") from error


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes
    needs_body: bool = True


class Outbound:
    """One for a process. `allow` are host:port pairs; `trusted_ca` is trusted beside the system's certificates."""

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        trusted_ca: Path | None = None,
        resolve: Resolve | None = None,
        connections: int = 100,
        for_strangers: Self | None = None,
    ) -> None:
        """`connections` at one time, a fifth of them kept for a while, and a quarter as many names looked up. Raises
        `SettingsRefused` when the file is wrong, and `ValueError` for a pair that is none."""
        self._allowed = AllowList(allow)
        self._for_strangers = for_strangers
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust(trusted_ca),
            max_connections=connections,
            max_keepalive_connections=connections // 5,
            keepalive_expiry=15,
            network_backend=GuardedConnections(self._allowed, resolve or Names(max(1, connections // 4)).addresses),
        )

    @classmethod
    def from_settings(cls, settings: Settings, *, connections: int = 100) -> Self:
        """As an operator configured it."""
        ca = _named_ca(settings)
        # The demo's strangers are on this machine.
        for_strangers = None if settings.demo else cls(trusted_ca=ca, connections=connections)
        return cls(allow=settings.outbound_allow, trusted_ca=ca, connections=connections, for_strangers=for_strangers)

    @property
    def for_strangers(self) -> "Outbound":
        """For addresses that no operator has named: what is listed is not listed there. It has connections of its own,
        so that none which was allowed to somebody else is used again."""
        return self._for_strangers or self

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """GET `url`; raises `OutboundNotAllowed` or `OutboundUnavailable`, nothing else."""
        return await self._send(_Call("GET", _parsed(url), headers or {}, b""), seconds, most_bytes)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """POST `body` to `url`; raises as `get` does. It may have arrived although it raised."""
        own = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
        return await self._send(_Call("POST", _parsed(url), own, body), seconds, most_bytes)

    async def post_for_status(
        self, url: str, body: bytes, *, content_type: str, seconds: float = SECONDS, most_bytes: int = MOST_BYTES
    ) -> int:
        """POST `body` to `url` and give the status of the answer; raises as `get` does.

        The status is the whole answer: whatever comes after it, too slowly, too much of it or broken off, changes
        nothing.
        """
        own = {"Content-Type": content_type, "Content-Length": str(len(body))}
        answer = await self._send(_Call("POST", _parsed(url), own, body, needs_body=False), seconds, most_bytes)
        return answer.status

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pool.aclose()
        if self._for_strangers is not None:
            await self._for_strangers.close()

    async def _send(self, call: _Call, seconds: float, most_bytes: int) -> Answer:
        host, port = call.url.raw_host.decode(), _port(call.url)
        if call.url.scheme != "https" and not self._allowed.lists(host, port):
            raise OutboundNotAllowed(f"plain http to {host}:{port}, which is not listed")
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(call, most_bytes)
        except _FAILURES as error:
            raise OutboundUnavailable(f"{type(error).__name__} at {host}:{port}") from error

    async def _exchange(self, call: _Call, most_bytes: int) -> Answer:
        headers = {
            "Host": call.url.netloc.decode(),
            "User-Agent": "dinh-danh",
            "Accept": "*/*",
            # A small answer may unpack to a huge one, so none is packed.
            "Accept-Encoding": "identity",
            **call.headers,
        }
        url = httpcore.URL(
            scheme=call.url.raw_scheme, host=call.url.raw_host, port=call.url.port, target=call.url.raw_path
        )
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self._pool.stream(call.method, url, headers=fields, content=call.body) as response:
            if not call.needs_body:
                await _left(response, most_bytes)
                return Answer(response.status, {}, b"")
            received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if received.get("content-encoding", "identity") != "identity":
                raise OutboundUnavailable("the answer is packed although it was asked for plain")
            cookies = tuple(
                value.decode("latin-1") for name, value in response.headers if name.lower() == b"set-cookie"
            )
            return Answer(response.status, received, await _bounded(response, most_bytes), cookies)


async def _left(response: httpcore.Response, most_bytes: int) -> None:
    """Read what is left of a small answer, so that its connection may be used again."""
    with suppress(*_FAILURES, OutboundUnavailable):
        async with asyncio.timeout(_SECONDS_FOR_A_REST):
            await _bounded(response, most_bytes)


async def _bounded(response: httpcore.Response, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > most_bytes:
            raise OutboundUnavailable(f"the answer is over {most_bytes} bytes")
    return bytes(body)


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise OutboundNotAllowed("not a web address") from error
    if url.scheme not in ("http", "https") or not url.raw_host or not 0 < _port(url) < 65536:
        raise OutboundNotAllowed("not a web address")
    if url.userinfo:
        raise OutboundNotAllowed("an address with a user name in it")
    return url


def _port(url: httpx.URL) -> int:
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def trust_of(settings: Settings) -> ssl.SSLContext:
    """Whom calls out trust, for those that are not HTTP; raises `SettingsRefused`."""
    return trust(_named_ca(settings))


def _named_ca(settings: Settings) -> Path | None:
    return None if settings.outbound_ca == Path() else settings.outbound_ca


def trust(trusted_ca: Path | None) -> ssl.SSLContext:
    """The system's certificates and those of a file; raises `SettingsRefused`."""
    context = ssl.create_default_context()
    if trusted_ca is not None:
        try:
            context.load_verify_locations(trusted_ca)
        except OSError as error:
            raise SettingsRefused(
                [f"IDP_OUTBOUND_CA ({trusted_ca}) is not a file of certificates in PEM: {error}"]
            ) from error
    return context
