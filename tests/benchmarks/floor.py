"""The floor: the least a correct provider on this stack can cost, written by hand on Starlette, asyncpg and joserfc.

It gives the same answers as the provider at authorize, token and userinfo, with one transaction a request, and has
nothing else: no settings, no pages, no other clients, no sealing. The statements are those of design.md §7.

    python -m tests.benchmarks.floor --database postgresql://… --port 8000
"""

import argparse
import base64
import gc
import hashlib
import hmac
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import asyncpg
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.benchmarks.floor_tables import digest, new_id

COOKIE = "floor_session"
CLIENT_ID = "floor-portal"
CLIENT_SECRET = "floor-portal-secret-floor-portal-secret"
REDIRECT_URI = "https://portal.example/callback"
SCOPE = "openid profile"
ACCESS_SECONDS = 300
CONNECTIONS = 16

SESSION = """SELECT s.id, s.account_id FROM sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.digest = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.state = 'open' FOR SHARE"""
NEW_CODE = "INSERT INTO codes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)"
SPEND_CODE = """UPDATE codes SET spent_at = $2 WHERE digest = $1 AND client_id = $3 AND spent_at IS NULL
AND expires_at > $2 RETURNING session_id, account_id, redirect_uri, scope, nonce, challenge"""
ACCOUNT = "SELECT sub, level FROM accounts WHERE id = $1 AND state = 'open' FOR SHARE"
NEW_REFRESH = "INSERT INTO refresh_tokens VALUES ($1, $2, $3, $4, $5, $6)"
STANDING = """SELECT a.sub, a.full_name, a.birthdate, a.gender FROM accounts a JOIN sessions s ON s.account_id = a.id
WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.state = 'open'"""
AUDIT = "INSERT INTO audit VALUES ($1, $2, $3, $4, $5)"


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251  (a program of its own, it has no idp/clock.py)


@dataclass
class Floor:
    """The three endpoints and what they share."""

    issuer: str
    key: ECKey
    pool: asyncpg.Pool = field(init=False)

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        refused = (
            asked.get("client_id") != CLIENT_ID
            or asked.get("redirect_uri") != REDIRECT_URI
            or asked.get("response_type") != "code"
            or asked.get("code_challenge_method") != "S256"
        )
        if refused:
            return JSONResponse({"error": "invalid_request"}, 400)
        moment = now()
        code = f"c_{secrets.token_urlsafe(32)}"
        async with self.pool.acquire() as db, db.transaction():
            session = await db.fetchrow(SESSION, digest(request.cookies.get(COOKIE, "")), moment)
            if session is None:
                return JSONResponse({"error": "login_required"}, 401)
            session_id, account_id = session
            values = (CLIENT_ID, REDIRECT_URI, asked["scope"], asked["nonce"], asked["code_challenge"])
            await db.execute(NEW_CODE, digest(code), session_id, account_id, *values, moment + timedelta(seconds=60))
            await db.execute(AUDIT, new_id(), moment, "code_issued", account_id, CLIENT_ID)
        answer = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{REDIRECT_URI}?{answer}", 303)

    async def token(self, request: Request) -> Response:
        if not is_the_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        form = dict(parse_qsl((await request.body()).decode()))
        moment = now()
        refresh = f"r_{secrets.token_urlsafe(32)}"
        async with self.pool.acquire() as db, db.transaction():
            spent = await db.fetchrow(SPEND_CODE, digest(form.get("code", "")), moment, CLIENT_ID)
            if spent is None or not proves(form, spent):
                return JSONResponse({"error": "invalid_grant"}, 400)
            account = await db.fetchrow(ACCOUNT, spent["account_id"])
            if account is None:
                return JSONResponse({"error": "invalid_grant"}, 400)
            await db.execute(
                NEW_REFRESH,
                digest(refresh),
                spent["session_id"],
                spent["account_id"],
                CLIENT_ID,
                spent["scope"],
                moment + timedelta(hours=8),
            )
            await db.execute(AUDIT, new_id(), moment, "tokens_issued", spent["account_id"], CLIENT_ID)
            access_token, id_token = self.signed(spent, account, int(moment.timestamp()))
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": ACCESS_SECONDS,
                "refresh_token": refresh,
                "scope": spent["scope"],
                "id_token": id_token,
            },
            headers={"cache-control": "no-store"},
        )

    async def userinfo(self, request: Request) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            proved = jwt.decode(token, self.key, algorithms=["ES256"])  # noqa: TID251  (type, issuer and time below)
        except (JoseError, ValueError):
            return JSONResponse({"error": "invalid_token"}, 401)
        moment = now()
        claims = proved.claims
        stands = (
            kind == "Bearer"
            and proved.header.get("typ") == "at+jwt"
            and claims["iss"] == self.issuer
            and claims["exp"] > moment.timestamp()
        )
        async with self.pool.acquire() as db, db.transaction():
            row = await db.fetchrow(STANDING, claims["sid"], moment) if stands else None
        if row is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        sub, full_name, birthdate, gender = row
        return JSONResponse({"sub": sub, "name": full_name, "birthdate": birthdate, "gender": gender})

    def signed(self, spent: asyncpg.Record, account: asyncpg.Record, at: int) -> tuple[str, str]:
        """The access token (RFC 9068) and the ID token, both ES256."""
        shared = {"iss": self.issuer, "sub": account["sub"], "iat": at, "exp": at + ACCESS_SECONDS}
        sid = str(spent["session_id"])
        access: dict[str, Any] = shared | {
            "aud": self.issuer,
            "client_id": CLIENT_ID,
            "scope": spent["scope"],
            "jti": secrets.token_urlsafe(16),
            "sid": sid,
        }
        identity: dict[str, Any] = shared | {
            "aud": CLIENT_ID,
            "nonce": spent["nonce"],
            "auth_time": at,
            "acr": f"urn:vn:eid:auth-level:{account['level']}",
            "amr": ["pwd", "otp", "mfa"],
            "sid": sid,
        }
        kid = self.key.kid
        return (
            jwt.encode({"alg": "ES256", "kid": kid, "typ": "at+jwt"}, access, self.key),
            jwt.encode({"alg": "ES256", "kid": kid, "typ": "JWT"}, identity, self.key),
        )


async def as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here changes a connection's state, so the pool's RESET between requests would be a wasted round trip."""


def is_the_client(header: str) -> bool:
    """client_secret_basic, compared in constant time."""
    kind, _, told = header.partition(" ")
    wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    return kind == "Basic" and hmac.compare_digest(told.encode(), wanted.encode())


def proves(form: dict[str, str], spent: asyncpg.Record) -> bool:
    """Whether the request names the code's redirect address and knows the PKCE verifier (RFC 7636 §4.6)."""
    hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return form.get("redirect_uri") == spent["redirect_uri"] and hmac.compare_digest(challenge, spent["challenge"])


def build(database_url: str, issuer: str) -> Starlette:
    """The application; the pool is opened when it starts."""
    floor = Floor(issuer, ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True))

    @asynccontextmanager
    async def with_pool(_: Starlette) -> AsyncIterator[None]:
        pool = asyncpg.create_pool(database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=as_it_is)
        async with pool as floor.pool:
            gc.freeze()
            yield

    return Starlette(
        routes=[
            Route("/authorize", floor.authorize),
            Route("/token", floor.token, methods=["POST"]),
            Route("/userinfo", floor.userinfo),
        ],
        lifespan=with_pool,
    )


def main() -> None:
    """Serve the floor until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--port", required=True, type=int)
    given = parser.parse_args()
    app = build(given.database, f"http://127.0.0.1:{given.port}")
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
