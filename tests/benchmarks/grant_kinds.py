"""Each grant with each way to bind its tokens, as a portal drives it over one connection."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from tests.benchmarks.load import CHALLENGE, VERIFIER, Answer, Connection, WrongAnswer, code_in_location
from tests.benchmarks.provider_contender import REDIRECT_URI
from tests.benchmarks.signing_portal import SigningKey

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET: Final = secrets.token_urlsafe(32)
KEY: Final = SigningKey()
_SCOPE: Final = "openid profile"


@dataclass(frozen=True)
class PortalKind:
    """A portal: how it proves who it is (`secret` or `key`), and what its tokens are bound to."""

    client_id: str
    profile: str
    proves_by: str = "key"
    is_bound: bool = False
    pushes: bool = False
    signs_requests: bool = False

    def row(self) -> dict[str, Any]:
        """Its `[[portal]]`."""
        is_service = self.profile == "service"
        by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{**KEY.jwk, "kid": "bench"}]}}
        by_secret = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET}
        people = {"redirect_uris": [REDIRECT_URI], "refresh": "session", "scope": _SCOPE, "consent": "none"}
        return {
            "client_id": self.client_id,
            "profile": self.profile,
            "sector": "bench",
            **(by_key if self.proves_by == "key" else by_secret),
            **({"scope": "demo.api"} if is_service else people),
        }


class Visit:
    """One signed-in browser and one portal on the same wire. `nonce` is the last that the provider gave."""

    def __init__(self, wire: Connection, issuer: str, cookie: str, portal: PortalKind) -> None:
        self._wire = wire
        self._issuer = issuer
        self._cookie = cookie
        self._portal = portal
        self._nonce = ""

    async def code(self) -> str:
        """A code, by a request in the address or one that was pushed."""
        asked = {
            "client_id": self._portal.client_id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": _SCOPE,
            "state": secrets.token_hex(8),
            "nonce": secrets.token_hex(8),
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        if self._portal.pushes:
            asked = {"client_id": asked["client_id"], "request_uri": await self._pushed(asked)}
        answer = await self._wire.ask(f"GET /authorize?{urlencode(asked)}", {"Cookie": self._cookie})
        if answer.status != 303:
            raise WrongAnswer(f"authorize: {answer.status} {answer.body[:400]!r}")
        return code_in_location(answer.headers["location"])

    async def tokens(self, code: str) -> dict[str, Any]:
        """What a code is redeemed for."""
        fields = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        return await self._posted("/token", {**fields, "code": code})

    async def fresh(self, refresh_token: str) -> dict[str, Any]:
        """What a refresh token is used for."""
        return await self._posted("/token", {"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def own(self) -> dict[str, Any]:
        """What the portal gets for itself."""
        return await self._posted("/token", {"grant_type": "client_credentials"})

    async def person(self, access_token: str) -> None:
        """Userinfo."""
        scheme = "DPoP" if self._portal.is_bound else "Bearer"
        headers = {"Authorization": f"{scheme} {access_token}", **self._proof("GET", "/userinfo", access_token)}
        self._good(await self._wire.ask("GET /userinfo", headers), 200)

    async def _pushed(self, asked: Mapping[str, str]) -> str:
        if self._portal.signs_requests:
            signed = KEY.request_object(self._portal.client_id, self._issuer, asked)
            asked = {"client_id": asked["client_id"], "request": signed}
        pushed = await self._posted("/par", asked, expected=201, proves=False)
        name: str = pushed["request_uri"]
        return name

    async def _posted(
        self, path: str, fields: Mapping[str, str], *, expected: int = 200, proves: bool = True
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(self._proof("POST", path) if proves else {})}
        if self._portal.proves_by == "key":
            assertion = KEY.assertion(self._portal.client_id, self._issuer)
            fields = {**fields, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        else:
            basic = base64.b64encode(f"{self._portal.client_id}:{SECRET}".encode()).decode()
            headers["Authorization"] = f"Basic {basic}"
        answer = await self._wire.ask(f"POST {path}", headers, urlencode(fields))
        if answer.status == 400 and b"use_dpop_nonce" in answer.body:
            self._nonce = answer.headers["dpop-nonce"]
            return await self._posted(path, fields, expected=expected, proves=proves)
        self._good(answer, expected)
        found: dict[str, Any] = orjson.loads(answer.body)
        return found

    def _proof(self, method: str, path: str, token: str | None = None) -> dict[str, str]:
        if not self._portal.is_bound:
            return {}
        return {"DPoP": KEY.proof(method, f"{self._issuer}{path}", self._nonce, token)}

    def _good(self, answer: Answer, expected: int) -> None:
        self._nonce = answer.headers.get("dpop-nonce", self._nonce)
        if answer.status != expected:
            raise WrongAnswer(f"{answer.status} {answer.body[:400]!r}")


async def sign_on(visit: Visit) -> None:
    """From the request to userinfo."""
    tokens = await visit.tokens(await visit.code())
    await visit.person(tokens["access_token"])


async def own_token(visit: Visit) -> None:
    """Client credentials."""
    await visit.own()


def refreshing() -> Callable[[Visit], Awaitable[None]]:
    """A refresh with what the one before it gave."""
    kept: dict[Visit, str] = {}

    async def refresh(visit: Visit) -> None:
        if visit not in kept:
            kept[visit] = (await visit.tokens(await visit.code()))["refresh_token"]
        kept[visit] = (await visit.fresh(kept[visit]))["refresh_token"]

    return refresh


PLAIN: Final = PortalKind("plain", "web", proves_by="secret")
BY_KEY: Final = PortalKind("by-key", "web")
BOUND: Final = PortalKind("bound", "web", is_bound=True)
PUSHED: Final = PortalKind("pushed", "web", pushes=True)
STRICT: Final = PortalKind("strict", "fapi2", is_bound=True, pushes=True)
SIGNED: Final = PortalKind("signed", "fapi2", is_bound=True, pushes=True, signs_requests=True)
SERVICE: Final = PortalKind("service", "service", proves_by="secret")
BOUND_SERVICE: Final = PortalKind("bound-service", "service", is_bound=True)

KINDS: Final[Mapping[str, tuple[PortalKind, Callable[[], Callable[[Visit], Awaitable[None]]]]]] = {
    "code, secret, bearer": (PLAIN, lambda: sign_on),
    "code, private_key_jwt, bearer": (BY_KEY, lambda: sign_on),
    "code, private_key_jwt, DPoP": (BOUND, lambda: sign_on),
    "code, PAR, private_key_jwt, bearer": (PUSHED, lambda: sign_on),
    "code, PAR, private_key_jwt, DPoP": (STRICT, lambda: sign_on),
    "the same, signed request": (SIGNED, lambda: sign_on),
    "refresh, secret, bearer, rotated": (PLAIN, refreshing),
    "refresh, private_key_jwt, DPoP, kept": (STRICT, refreshing),
    "client credentials, secret, bearer": (SERVICE, lambda: own_token),
    "client credentials, private_key_jwt, DPoP": (BOUND_SERVICE, lambda: own_token),
}
"""A row of the bench each: the portal, and what it does."""
