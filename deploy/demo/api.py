"""An API of the demo, for programs without a person: it checks access tokens by itself, as an agency's API would.

    python -m deploy.demo.api --issuer https://op.test:9443 --port 8003 --ca ca.pem

It answers at /demo-api whoever brings an access token of the issuer with the scope `demo.api` (RFC 6750, RFC 9068).
"""

import argparse
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SCOPE = "demo.api"
ALGORITHMS = ["ES256"]
TYPES = ("at+jwt", "application/at+jwt")
SKEW_SECONDS = 10
SECONDS_BETWEEN_LOOKS = 1
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass
class TokenRefused(Exception):
    """A token that is not taken. `error` is of RFC 6750 §3.1, empty where no token was brought."""

    status: int
    error: str = ""


class ProviderSilent(Exception):
    """The issuer does not give its keys."""


class PublishedKeys:
    """The issuer's keys, read again when a token names one that is not known: keys are rotated while this runs."""

    def __init__(self, issuer: str, ca: str | None) -> None:
        self._issuer = issuer
        self._trust = ssl.create_default_context(cafile=ca)
        self._known: dict[str, Key] = {}
        self._looked_at = float("-inf")

    async def named(self, name: str) -> Key | None:
        """The key of that `kid`. Strangers make names up, so the issuer is not asked more than once a second."""
        if name not in self._known and time.monotonic() - self._looked_at > SECONDS_BETWEEN_LOOKS:
            self._looked_at = time.monotonic()
            self._known = await self._read()
        return self._known.get(name)

    async def _read(self) -> dict[str, Key]:
        # Outside of idp there is no idp.outbound, and the issuer is the one address that this program was given.
        async with httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=5) as client:  # noqa: TID251  (a program of its own)
            try:
                about = (await client.get(f"{self._issuer}/.well-known/openid-configuration")).json()
                keys = KeySet.import_key_set((await client.get(about["jwks_uri"])).json())
            except (httpx.HTTPError, ValueError, KeyError, JoseError) as error:
                raise ProviderSilent(type(error).__name__) from error
        return {str(key.kid): key for key in keys}


class Api:
    """The one resource."""

    def __init__(self, issuer: str, keys: PublishedKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    async def answer(self, request: Request) -> Response:
        """Say who was let in, or why not."""
        try:
            claims = await self._allowed(_bearer(request.headers.getlist("authorization")))
        except TokenRefused as refused:
            return _refusal(refused)
        except ProviderSilent:
            return JSONResponse({"error": "temporarily_unavailable"}, 503, HEADERS)
        return JSONResponse({"client_id": claims["client_id"], "scope": claims["scope"]}, 200, HEADERS)

    async def _allowed(self, token: str) -> dict[str, Any]:
        claims = await self._verified(token)
        if SCOPE not in str(claims.get("scope", "")).split():
            raise TokenRefused(403, "insufficient_scope")
        return claims

    async def _verified(self, token: str) -> dict[str, Any]:
        """The claims of a genuine access token for us (RFC 9068 §4)."""
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = await self._keys.named(str(header.get("kid")))
            if key is None or str(header.get("typ")).lower() not in TYPES:
                raise TokenRefused(401, "invalid_token")
            claims = json.loads(jws.deserialize_compact(token.encode(), key, algorithms=ALGORITHMS).payload)
        except (JoseError, ValueError):
            raise TokenRefused(401, "invalid_token") from None
        if not self._is_for_us(claims):
            raise TokenRefused(401, "invalid_token")
        return dict(claims)

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        # The provider has no resource indicators yet: an API of its own stands under its own name.
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        expires_at = claims.get("exp")
        return (
            claims.get("iss") == self._issuer
            and self._issuer in named
            and isinstance(expires_at, int)
            and expires_at + SKEW_SECONDS > time.time()  # noqa: TID251  (another program, another clock)
        )


def _bearer(headers: list[str]) -> str:
    """The token of the one Authorization header; never one from the address or the body."""
    if not headers:
        raise TokenRefused(401)
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not token:
        raise TokenRefused(400, "invalid_request")
    return token


def _refusal(refused: TokenRefused) -> Response:
    details = {"realm": "demo-api"} | ({"error": refused.error} if refused.error else {})
    if refused.error == "insufficient_scope":
        details["scope"] = SCOPE
    challenge = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in details.items())
    body = {"error": refused.error} if refused.error else {}
    return JSONResponse(body, refused.status, {**HEADERS, "WWW-Authenticate": challenge})


def build_api(issuer: str, ca: str | None) -> Starlette:
    """The API as an ASGI application."""
    api = Api(issuer, PublishedKeys(issuer, ca))
    return Starlette(routes=[Route("/demo-api", api.answer, methods=["GET", "POST"])])


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.api", description=__doc__.partition("\n")[0])
    parser.add_argument("--issuer", required=True, metavar="URL")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--ca", metavar="FILE.pem", help="authorities to trust instead of the system's")
    chosen = parser.parse_args()
    api = build_api(chosen.issuer, chosen.ca)
    uvicorn.run(api, host="127.0.0.1", port=chosen.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
