"""A portal of its own: a real HTTP program that does what the self-test wants, but for the flaws it is given.

with small_portal(provider.clock.now, port, flaws={"state"}) as portal:
    portal.members()   # as it is to be registered
"""

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SECRET = "secret-of-a-small-portal-0123456789abcdef"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
SKEW = 10


class Refused(Exception):
    """The portal does not believe what it was brought."""


@dataclass
class SmallPortal:
    """What it forgets to do is in `flaws`; without any it is a careful one."""

    now: Callable[[], datetime]
    port: int
    flaws: frozenset[str] = frozenset()
    client_id: str = field(default_factory=lambda: f"small-{secrets.token_hex(4)}")
    # Requests that it answers before it answers no more.
    falls_silent_after: int = 1 << 30
    is_over: Event = field(default_factory=Event)
    browsers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _keys: dict[str, KeySet] = field(default_factory=dict)
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10))

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def members(self, **stated: Any) -> dict[str, Any]:
        """Its `[[portal]]`."""
        return {
            "client_id": self.client_id,
            "client_secret": SECRET,
            "client_name": "Small",
            "profile": "web",
            "sector": f"{self.client_id}.sector",
            "redirect_uris": [f"{self.url}/callback"],
            "backchannel_logout_uri": f"{self.url}/logout",
            "initiate_login_uri": f"{self.url}/start",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token"],
            "refresh": "session",
            "scope": "openid profile",
            "consent": "none",
        } | stated

    def begin(self, browser: dict[str, Any], issuer: str) -> str:
        """Where to send the browser."""
        state = "fixed-state-of-every-sign-in" if "fixed_state" in self.flaws else secrets.token_urlsafe(16)
        nonce = "short" if "short_nonce" in self.flaws else secrets.token_urlsafe(16)
        verifier = secrets.token_urlsafe(32)
        browser |= {"issuer": issuer, "state": state, "nonce": nonce, "verifier": verifier}
        hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": f"{self.url}/callback",
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
        }
        if "pkce" not in self.flaws:
            query |= {"code_challenge": hashed, "code_challenge_method": "S256"}
        return f"{issuer}/authorize?{urlencode(self._asked(issuer, query))}"

    def _asked(self, issuer: str, query: dict[str, str]) -> dict[str, str]:
        """What stands in the address."""
        return query

    def finish(self, browser: dict[str, Any], query: dict[str, str]) -> None:
        """Sign the person in; raises `Refused`."""
        if "issuer" not in browser and "other_browser" in self.flaws:
            browser |= next(each for each in reversed(list(self.browsers.values())) if "issuer" in each)
        state = browser.get("state") if "replay" in self.flaws else browser.pop("state", None)
        if state is None or (query.get("state") != state and "state" not in self.flaws):
            raise Refused("state")
        issuer = browser["issuer"]
        if query.get("iss") != issuer and "answer_issuer" not in self.flaws:
            raise Refused("issuer")
        more = {} if "pkce" in self.flaws else {"code_verifier": browser["verifier"]}
        form = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": f"{self.url}/callback"}
        tokens = self._tokens(issuer, form | more)
        claims = self._verified(issuer, tokens["id_token"])
        if claims.get("nonce") != browser["nonce"] and "nonce" not in self.flaws:
            raise Refused("nonce")
        about = self._userinfo(issuer, tokens["access_token"])
        if about["sub"] != claims["sub"] and "another_sub" not in self.flaws:
            raise Refused("sub")
        browser |= {"person": {**claims, "name": about["name"]}, "tokens": tokens}

    def person(self, browser: dict[str, Any]) -> dict[str, Any] | None:
        """Who is signed in, with tokens that hold."""
        found: dict[str, Any] | None = browser.get("person")
        if found is None or "no_refresh" in self.flaws or browser["tokens"]["expires_in"] > 1:
            return found
        form = {"grant_type": "refresh_token", "refresh_token": browser["tokens"]["refresh_token"]}
        try:
            browser["tokens"] = self._tokens(browser["issuer"], form)
        except Refused:
            if "breaks_at_refresh" in self.flaws:
                raise
            del browser["person"]
            return None
        return found

    def log_out(self, token: str) -> None:
        """End whom a logout token names; raises `Refused`."""
        if "logout" in self.flaws:
            return
        issuer = str(json.loads(jws.extract_compact(token.encode()).payload)["iss"])
        known = {each.get("issuer") for each in self.browsers.values()}
        if issuer not in known:
            raise Refused("issuer")
        claims = self._verified(issuer, token, skips="logout_audience" in self.flaws)
        if "nonce" in claims and "logout_nonce" not in self.flaws:
            raise Refused("nonce")
        if EVENT not in claims["events"] and "logout_event" not in self.flaws:
            raise Refused("event")
        for browser in self.browsers.values():
            if browser.get("person", {}).get("sid") == claims["sid"]:
                del browser["person"]

    def _userinfo(self, issuer: str, token: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"}
        return dict(self._client.get(f"{issuer}/userinfo", headers=headers).json())

    def _tokens(self, issuer: str, form: dict[str, str]) -> dict[str, Any]:
        if "proof" in self.flaws:
            sent: dict[str, Any] = {"data": form | {"client_id": self.client_id, "client_secret": SECRET}}
        else:
            basic = b64encode(f"{self.client_id}:{SECRET}".encode()).decode()
            sent = {"data": form, "headers": {"authorization": f"Basic {basic}"}}
        answer = self._client.post(f"{issuer}/token", **sent)
        if answer.status_code != 200:
            raise Refused("tokens")
        return dict(answer.json())

    def _verified(self, issuer: str, token: str, *, skips: bool = False) -> dict[str, Any]:
        claims = self._signed(issuer, token)
        flaws, at = self.flaws, self.now().timestamp()
        if claims["iss"] != issuer and "token_issuer" not in flaws:
            raise Refused("iss")
        if claims["aud"] != self.client_id and "audience" not in flaws and not skips:
            raise Refused("aud")
        if claims["exp"] < at - SKEW and "expired" not in flaws:
            raise Refused("exp")
        if claims["iat"] > at + (0 if "strict_clock" in flaws else SKEW) and "lax_clock" not in flaws:
            raise Refused("iat")
        return claims

    def _signed(self, issuer: str, token: str) -> dict[str, Any]:
        header = jws.extract_compact(token.encode()).headers()
        payload = jws.extract_compact(token.encode()).payload
        if "signature" in self.flaws or (header["alg"] == "none" and "none" in self.flaws):
            return dict(json.loads(payload))
        if issuer not in self._keys:
            self._fetch(issuer)
        if header.get("kid") not in [key.kid for key in self._keys[issuer].keys] and "old_keys" not in self.flaws:
            self._fetch(issuer)
        try:
            return dict(json.loads(jws.deserialize_compact(token.encode(), self._keys[issuer], ["ES256"]).payload))
        except (JoseError, ValueError) as error:
            raise Refused("signature") from error

    def _fetch(self, issuer: str) -> None:
        self._keys[issuer] = KeySet.import_key_set(self._client.get(f"{issuer}/jwks").json())


PORTALS: dict[int, SmallPortal] = {}


class Handler(BaseHTTPRequestHandler):
    """Its addresses."""

    @property
    def portal(self) -> SmallPortal:
        return PORTALS[self.connection.getsockname()[1]]

    def do_GET(self) -> None:
        self.portal.falls_silent_after -= 1
        if self.portal.falls_silent_after < 0:
            self.portal.is_over.wait(30)
            return
        parts, query = urlsplit(self.path), dict(parse_qsl(urlsplit(self.path).query))
        name = self.headers.get("cookie", "").rpartition("visitor=")[2] or secrets.token_urlsafe(16)
        browser = self.portal.browsers.setdefault(name, {})
        try:
            if parts.path == "/start":
                self._send(302, "", location=self.portal.begin(browser, query["iss"]), cookie=name)
            elif parts.path == "/callback":
                self.portal.finish(browser, query)
                self._send(303, "", location="/me", cookie=name)
            else:
                person = self.portal.person(browser)
                self._send(200 if person else 401, json.dumps(person), cookie=name)
        except Refused as refused:
            self._send(500 if "breaks_at_refresh" in self.portal.flaws else 400, str(refused))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            self.portal.log_out(dict(parse_qsl(body))["logout_token"])
        except Refused as refused:
            self._send(400, str(refused))
        else:
            self._send(200, "")

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def _send(self, status: int, text: str, *, location: str = "", cookie: str = "") -> None:
        self.send_response(status)
        told = {"Content-Length": str(len(text)), "Location": location}
        told["Set-Cookie"] = f"visitor={cookie}; Path=/; HttpOnly; SameSite=Lax" if cookie else ""
        for header, value in told.items():
            if value:
                self.send_header(header, value)
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def small_portal(
    now: Callable[[], datetime], port: int, flaws: frozenset[str] = frozenset(), kind: type[SmallPortal] = SmallPortal
) -> Iterator[SmallPortal]:
    """The portal for the length of a `with`."""
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        portal = PORTALS[port] = kind(now, port, flaws)
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield portal
        finally:
            portal.is_over.set()
            server.shutdown()
            thread.join()
            portal._client.close()
            del PORTALS[port]
