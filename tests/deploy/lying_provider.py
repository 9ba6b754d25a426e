"""A small provider that signs everybody in at once and lies when told to: portals must notice."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

PERSON = {"sub": "thử-1", "name": "Nguyễn Thị Thử <b>", "birthdate": "1950", "gender": "female"}
KEY = ECKey.generate_key("P-256", {"kid": "published", "use": "sig", "alg": "ES256"})

PROVIDERS: dict[int, "LyingProvider"] = {}
"""The providers that are running, by port."""


@dataclass
class LyingProvider:
    """What it says is the truth, but for `lies`: members of the answer, the ID token or userinfo to replace.

    `answer` is the query at the redirect address, `id_token` the claims, `userinfo` the claims there, `discovery` the
    document. A value of None leaves the member out. `seen` holds the parameters of the last authorization request.
    """

    issuer: str
    lies: dict[str, dict[str, Any]] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: KEY)
    token_status: int = 200
    seen: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)

    def told(self, what: str, truth: dict[str, Any]) -> dict[str, Any]:
        """The truth with this provider's lies in it."""
        return {name: value for name, value in {**truth, **self.lies.get(what, {})}.items() if value is not None}

    def discovery(self) -> dict[str, Any]:
        return self.told(
            "discovery",
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "end_session_endpoint": f"{self.issuer}/end-session",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["ES256"],
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def callback(self, asked: dict[str, str]) -> str:
        self.seen = asked
        query = self.told("answer", {"code": "c_1", "state": asked["state"], "iss": self.issuer})
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        proved = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert proved == self.seen["code_challenge"]
        at = int(time.time())  # noqa: TID251  (the portal's clock is the machine's)
        claims = {"iss": self.issuer, "aud": self.seen["client_id"], "nonce": self.seen["nonce"], "iat": at}
        claims = self.told("id_token", {**claims, "exp": at + 300, "sub": PERSON["sub"]})
        id_token = jwt.encode({"alg": "ES256", "kid": "published"}, claims, self.key)
        return self.told("tokens", {"access_token": "opaque", "token_type": "Bearer", "id_token": id_token})


class Handler(BaseHTTPRequestHandler):
    """The provider's endpoints."""

    @property
    def provider(self) -> LyingProvider:
        return PROVIDERS[self.connection.getsockname()[1]]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        match parts.path:
            case "/.well-known/openid-configuration":
                self._json(200, self.provider.discovery())
            case "/jwks":
                self._json(200, {"keys": [KEY.as_dict(private=False)]})
            case "/authorize":
                self._redirect(self.provider.callback(query))
            case "/userinfo":
                self._json(200, self.provider.told("userinfo", PERSON))
            case "/end-session":
                self.provider.ended = query
                self._redirect(f"{query['post_logout_redirect_uri']}?{urlencode({'state': query['state']})}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.provider.token_status == 200:
            self._json(200, self.provider.tokens(form))
        else:
            self._json(self.provider.token_status, {"error": "invalid_grant"})

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), ("Content-Type", "application/json"))

    def _redirect(self, location: str) -> None:
        self._send(302, b"", ("Location", location))

    def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """The provider for the length of a `with`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = LyingProvider(f"http://127.0.0.1:{server.server_port}")
        PROVIDERS[server.server_port] = provider
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
