"""The issuer's public keys, found by its discovery document and kept for a while."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import httpx

from .compact import NotCompact, PublicKey, public_key, read_object
from .refusals import Unavailable

# Outside of idp there is no idp.outbound, and the issuer is the one address that this program was given.
Client = httpx.AsyncClient  # noqa: TID251  (a program of its own)

FRESH_SECONDS = 300
"""After so long the keys are read again: one that the issuer took back does not count much longer here."""

KEEP_SECONDS = 900
"""So long keys count while the issuer does not answer."""

SECONDS_BETWEEN_LOOKS = 1
_SECONDS_TO_ANSWER = 5
_MOST_BYTES = 256 << 10
_MOST_KEYS = 100


class IssuerKeys:
    """Keys by `kid`. One that is not known makes them be read again: keys are rotated while this runs.

    `trust` is a PEM file of authorities, a context, or None for those of the system. `clock` gives seconds.
    """

    def __init__(self, issuer: str, trust: str | ssl.SSLContext | None, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._trust = trust if isinstance(trust, ssl.SSLContext) else ssl.create_default_context(cafile=trust)
        self._clock = clock
        self._known: dict[str, PublicKey] = {}
        self._read_at = self._asked_at = float("-inf")
        self._is_silent = False
        self._asking = asyncio.Lock()

    async def named(self, name: str) -> PublicKey | None:
        """The key of that `kid`, None if the issuer has no such key; raises `Unavailable` where it does not say."""
        # Known keys wait for nobody: an issuer that hangs holds up the one request that asks it anew.
        is_good = name in self._known and self._age() <= KEEP_SECONDS
        if not is_good or (self._age() > FRESH_SECONDS and not self._asking.locked()):
            await self._look(name)
        if self._age() > KEEP_SECONDS or (self._is_silent and name not in self._known):
            raise Unavailable("issuer_silent")
        return self._known.get(name)

    def _age(self) -> float:
        return self._clock() - self._read_at

    async def _look(self, name: str) -> None:
        """Ask the issuer. Strangers make names up, so it is asked by one request at a time and once a second."""
        async with self._asking:
            is_known = name in self._known and self._age() <= FRESH_SECONDS
            # A clock that went back must not keep us from asking.
            if is_known or 0 <= self._clock() - self._asked_at <= SECONDS_BETWEEN_LOOKS:
                return
            try:
                async with asyncio.timeout(_SECONDS_TO_ANSWER):
                    self._known = await self._read()
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, NotCompact, KeyError, ValueError):
                self._is_silent = True
            else:
                self._read_at, self._is_silent = self._clock(), False
            finally:
                # At its end: those who waited for this answer do not ask one after the other, too.
                self._asked_at = self._clock()

    async def _read(self) -> dict[str, PublicKey]:
        async with Client(verify=self._trust, trust_env=False, timeout=_SECONDS_TO_ANSWER) as client:
            about = await _json(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            address = about["jwks_uri"]
            scheme = self._issuer.partition(":")[0]
            if about["issuer"] != self._issuer or not isinstance(address, str) or not address.startswith(f"{scheme}:"):
                raise ValueError("discovery is about another issuer")  # OpenID Connect Discovery §4.3
            return _keys(await _json(client, address))


async def _json(client: Client, address: str) -> dict[str, Any]:
    """A JSON object that is not too long; redirects are not followed."""
    body = b""
    async with client.stream("GET", address, headers={"accept": "application/json"}) as answer:
        if answer.status_code != 200:
            raise ValueError("no document")
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > _MOST_BYTES:
                raise ValueError("too long")
    return read_object(body)


def _keys(document: dict[str, Any]) -> dict[str, PublicKey]:
    """Those for signatures that we can use. Two of one name are none: a name must choose one key."""
    entries = document["keys"]
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise ValueError("no keys")
    found: dict[str, PublicKey] = {}
    names: list[object] = [entry.get("kid") for entry in entries if isinstance(entry, dict)]
    for entry in entries:
        name = entry.get("kid") if isinstance(entry, dict) else None
        if not isinstance(name, str) or names.count(name) > 1:
            continue
        try:
            found[name] = public_key(entry)
        except NotCompact:
            continue  # of a kind that is not for access tokens
    return found
