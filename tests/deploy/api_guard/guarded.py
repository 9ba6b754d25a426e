"""A guarded API and its issuer, which is a small server with two documents; and a caller who can make any proof.

with guarded(scope=["records"]) as api:
    answer = api.ask(token=api.token(binding=CALLER), proof=...)

Tokens and proofs are signed here byte by byte, so that they can be wrong in every way.
"""

import asyncio
import hashlib
import json
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from deploy.api_guard import Guard
from tests.support.small_server import Server, answer, serving

SigningKey = ECKey | RSAKey | OKPKey | OctKey

NOW = 1_800_000_000.0
AUDIENCE = "https://records.example"
URL = "https://records.example/api"
KEY = ECKey.generate_key("P-256", {"kid": "published", "use": "sig", "alg": "ES256"})
CALLER = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")


def compact(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, key: SigningKey | None = KEY) -> str:
    """A JWS of exactly these parts, signed by the algorithm that the header names; None: with an empty signature."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(base64url(part) for part in parts)
    if key is None:
        return f"{signed}."
    named = header["alg"] if isinstance(header, dict) else "ES256"
    return f"{signed}.{base64url(JWSRegistry.algorithms[named].sign(signed.encode(), key))}"


def weak_key() -> RSAKey:
    """One of 1024 bits, which joserfc warns of."""
    pem = generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RSAKey.import_key(pem)


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def without(members: dict[str, Any]) -> dict[str, Any]:
    """None takes a member out."""
    return {name: value for name, value in members.items() if value is not None}


@dataclass
class Answer:
    """What came back, and the claims that the application behind was handed (None: it was not asked)."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    claims: dict[str, Any] | None

    def header(self, name: str) -> str:
        """The one value of it."""
        [value] = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    @property
    def challenge(self) -> str:
        return self.header("www-authenticate")


@dataclass
class Guarded:
    """The API, its clock, and its issuer's documents: members of `about` and `jwks` may be changed."""

    server: Server
    loop: asyncio.Runner
    now: float = NOW
    about: dict[str, Any] = field(default_factory=dict)
    jwks: dict[str, Any] = field(default_factory=lambda: {"keys": [KEY.as_dict(private=False)]})
    guard: Guard | None = None
    _names: int = 0

    @property
    def issuer(self) -> str:
        return f"http://{self.server.here}"

    def guarded_by(self, **settings: Any) -> None:
        """Put a fresh guard in front of the application."""
        usual: dict[str, Any] = {"issuer": self.issuer, "audience": AUDIENCE, "scope": ["records"]}
        usual |= {"urls": [URL], "clock": lambda: self.now}
        self.guard = Guard(self._application, **usual | settings)

    def token(
        self,
        *,
        header: dict[str, Any] | None = None,
        key: SigningKey | None = KEY,
        binding: SigningKey | None = None,
        **changes: Any,
    ) -> str:
        """A good access token but for what is changed; bound to a key if one is given."""
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "somebody",
            "client_id": "portal",
            "jti": "t1",
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "scope": "records other",
            "acr": "urn:vn:eid:auth-level:1",
            "auth_time": int(self.now),
            "cnf": {"jkt": binding.thumbprint()} if binding else None,
        }
        return compact(
            without({"alg": "ES256", "typ": "at+jwt", "kid": "published"} | (header or {})),
            without(claims | changes),
            key,
        )

    def proof(
        self, token: str, *, key: SigningKey = CALLER, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A good proof for GET /api/records with `token`, but for what is changed."""
        return compact(*self.proof_parts(token, key=key, header=header, **changes), key)

    def proof_parts(
        self, token: str, *, key: SigningKey = CALLER, header: dict[str, Any] | None = None, **changes: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The header and claims of one."""
        self._names += 1
        claims = {
            "htm": "GET",
            "htu": f"{URL}/records",
            "iat": int(self.now),
            "jti": f"p{self._names}",
            "ath": base64url(hashlib.sha256(token.encode()).digest()),
        }
        usual = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
        return without(usual | (header or {})), without(claims | changes)

    def ask(
        self,
        token: str | None = None,
        *proofs: str,
        method: str = "GET",
        path: str = "/records",
        scheme: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
        **scope: Any,
    ) -> Answer:
        """A call with that token, as `DPoP` if there are proofs; `scope` is laid over ASGI's."""
        sent = [(b"authorization", f"{scheme or ('DPoP' if proofs else 'Bearer')} {token}".encode())] if token else []
        sent += [(b"dpop", proof.encode()) for proof in proofs] + (headers or [])
        about = {"method": method, "path": path, "raw_path": path.encode(), "headers": sent}
        return self.loop.run(self._answer(about | scope))

    def ask_at_once(self, tokens: list[str], *proofs: str) -> list[Answer]:
        """The same for each of them, all in one moment."""

        async def run() -> list[Answer]:
            scheme = b"DPoP" if proofs else b"Bearer"
            sent = [[(b"authorization", scheme + b" " + token.encode())] for token in tokens]
            proven = [(b"dpop", proof.encode()) for proof in proofs]
            return list(await asyncio.gather(*(self._answer({"headers": each + proven}) for each in sent)))

        return self.loop.run(run())

    async def _answer(self, about: dict[str, Any]) -> Answer:
        """One request through the guard: GET /records from somewhere, but for what is said `about` it."""
        assert self.guard is not None
        usual = {"type": "http", "method": "GET", "path": "/records", "raw_path": b"/records", "query_string": b""}
        scope = usual | {"client": ("192.0.2.7", 4711), "asked": []} | about
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await self.guard(scope, receive, send)
        start, body = said
        headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
        claims = scope["asked"][0].get("state", {}).get("claims", {}) if scope["asked"] else None
        return Answer(start["status"], headers, body["body"], claims)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        scope["asked"].append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"records"})

    def document(self, request: bytes) -> bytes:
        """What the issuer answers."""
        path = request.split(b" ")[1]
        if path == b"/.well-known/openid-configuration":
            usual: dict[str, Any] = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
            return answer(json.dumps(without(usual | self.about)).encode())
        return answer(json.dumps(self.jwks).encode()) if path == b"/jwks" else answer(status="404 Not Found")


@contextmanager
def guarded(**settings: Any) -> Iterator[Guarded]:
    """An API with these settings of its guard, until the end of the block."""
    with asyncio.Runner() as loop:
        held = serving()
        api = Guarded(loop.run(held.__aenter__()), loop)
        api.server.answer_to = api.document
        api.guarded_by(**settings)
        yield api
        loop.run(held.__aexit__(None, None, None))
