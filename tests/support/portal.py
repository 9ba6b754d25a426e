"""A portal's program, as a careful developer would write it from the specifications: plain httpx, nothing of `idp`.

portal = provider.portal(refresh="session", scope="openid profile")
page = visitor.signs_in_at(portal)
tokens = portal.tokens(page)
portal.userinfo(tokens.access_token).json()
"""

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import httpx
from joserfc import jws

from tests.support.html_page import Page
from tests.support.id_tokens import read_id_token, verified
from tests.support.portal_file import KEY

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Fields = Mapping[str, str | None] | Sequence[tuple[str, str]] | bytes


@dataclass(frozen=True)
class Asked:
    """What a portal keeps in its own session while the person is away."""

    redirect_uri: str
    nonce: str | None
    verifier: str | None


@dataclass(frozen=True)
class Tokens:
    """A token answer that passed every check. `claims` are those of the ID token."""

    access_token: str
    refresh_token: str | None
    id_token: str
    scope: str
    claims: dict[str, Any]


@dataclass
class Portal:
    """One registered portal: its `members`, and the provider as discovery describes it."""

    issuer: str
    members: Mapping[str, Any]
    http: httpx.Client
    now: Callable[[], datetime]
    # What it makes of an ID token that is encrypted to it.
    opens: Callable[[str], str] = field(default=str, repr=False)
    _asked: dict[str, Asked] = field(default_factory=dict, repr=False)
    _last: Asked | None = field(default=None, repr=False)

    @property
    def client_id(self) -> str:
        return str(self.members["client_id"])

    @property
    def callback(self) -> str:
        return str(self.members["redirect_uris"][0])

    @property
    def algorithm(self) -> str:
        """What its ID tokens must be signed with."""
        usual = "RS256" if self.members["profile"] in ("compat", "legacy-vnconnect") else "ES256"
        return str(self.members.get("id_token_signed_response_alg", usual))

    @property
    def provider(self) -> dict[str, Any]:
        """The discovery document."""
        found: dict[str, Any] = self.http.get(f"{self.issuer}/.well-known/openid-configuration").json()
        assert found["issuer"] == self.issuer
        return found

    @property
    def jwks(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.issuer}/jwks").json()
        return found

    @property
    def last(self) -> Asked:
        """What was asked last."""
        assert self._last is not None
        return self._last

    # Sending people there

    def ask(self, **changes: str | None) -> str:
        """The address of a fresh request with PKCE, state and nonce. `changes` are put over it; None leaves one out."""
        verifier = secrets.token_urlsafe(48)
        whole: dict[str, str | None] = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        sent = {name: value for name, value in whole.items() if value is not None}
        self._last = Asked(
            sent.get("redirect_uri", ""), sent.get("nonce"), verifier if whole["code_challenge"] else None
        )
        self._asked[sent.get("state", "")] = self._last
        return f"{self.issuer}/authorize?{urlencode(sent)}"

    def answer(self, page: Page) -> dict[str, str]:
        """What came back to the callback, after the checks of RFC 9207 §2.4 and RFC 6749 §10.12."""
        assert page.stopped, f"not back at the portal but at {page.url} ({page.status}): {page.text[:400]}"
        here, _, _ = page.url.partition("?")
        registered = [str(uri).partition("?")[0] for uri in self.members["redirect_uris"]]
        assert here in registered or urlsplit(here).hostname in ("127.0.0.1", "::1"), here
        pairs = list(page.posted) or parse_qsl(urlsplit(page.url).query, keep_blank_values=True)
        found = dict(pairs)
        assert len(found) == len(pairs), f"repeated: {pairs}"
        assert found["iss"] == self.issuer
        assert found.get("state", "") in self._asked
        return found

    def error(self, page: Page) -> str:
        """The error that came back, which is all that came back."""
        found = self.answer(page)
        assert found.keys() <= {"error", "error_description", "state", "iss"}, found
        return found["error"]

    def code(self, page: Page) -> str:
        """The code that came back, which is all that came back."""
        found = self.answer(page)
        assert found.keys() - {"state"} == {"code", "iss"} | _own_parameters(page), found
        return found["code"]

    # Talking to the provider

    def tokens(self, page: Page) -> Tokens:
        """Redeem what came back, and check the answer as OpenID Connect Core §3.1.3.5 has it."""
        asked = self._asked[self.answer(page).get("state", "")]
        return self.read(self.redeem(self.code(page), asked=asked), nonce=asked.nonce)

    def redeem(self, code: str, *, asked: Asked | None = None, **changes: str | None) -> httpx.Response:
        """The token request for a code of the last request, or of `asked`."""
        asked = asked or self.last
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        return self.post("token", fields | changes)

    def refresh(self, refresh_token: str | None, **changes: str | None) -> httpx.Response:
        fields: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("token", fields | changes)

    def refreshed(self, tokens: Tokens, **changes: str | None) -> Tokens:
        """Fresh tokens for old ones; the person, and when they signed in, stay the same (OpenID Connect Core §12.2)."""
        fresh = self.read(self.refresh(tokens.refresh_token, **changes), nonce=None)
        for name in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
            assert fresh.claims[name] == tokens.claims[name]
        return fresh

    def read(self, response: httpx.Response, *, nonce: str | None) -> Tokens:
        """A good token answer (RFC 6749 §5.1)."""
        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        body = response.json()
        assert body.keys() <= {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
        id_token = self.opens(body["id_token"])
        claims = read_id_token(
            id_token,
            self.jwks,
            algorithm=self.algorithm,
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=nonce,
            access_token=body["access_token"],
            now=self.now(),
        )
        return Tokens(body["access_token"], body.get("refresh_token"), id_token, body["scope"], claims)

    def userinfo(self, access_token: str) -> httpx.Response:
        return self.http.get(self.provider["userinfo_endpoint"], headers={"authorization": f"Bearer {access_token}"})

    def claims(self, tokens: Tokens) -> dict[str, Any]:
        """What userinfo tells, of the person whom the ID token names (OpenID Connect Core §5.3.4)."""
        response = self.userinfo(tokens.access_token)
        assert response.status_code == 200, response.text
        algorithm = self.members.get("userinfo_signed_response_alg")
        told = verified(response.text, self.jwks, algorithm=algorithm)[1] if algorithm else response.json()
        assert told["sub"] == tokens.claims["sub"]
        return dict(told)

    def introspect(self, token: str) -> dict[str, Any]:
        response = self.post("introspection", {"token": token})
        assert response.status_code == 200, response.text
        return dict(response.json())

    def revoke(self, token: str) -> None:
        assert self.post("revocation", {"token": token}).status_code == 200

    def sign_out_url(self, **parameters: str | None) -> str:
        """The address that signs a browser out (RP-Initiated Logout §2)."""
        sent = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.provider['end_session_endpoint']}?{urlencode(sent)}"

    def post(
        self, endpoint: str, fields: Fields, *, authenticate: bool = True, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A form to the `token`, `introspection` or `revocation` endpoint."""
        more, proof = self.proof() if authenticate else ({}, {})
        sent = {"content-type": FORM, **proof, **(headers or {})}
        return self.http.post(self.provider[f"{endpoint}_endpoint"], content=_encoded(fields, more), headers=sent)

    # Proving who it is

    def proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """Fields and headers by which it authenticates, as it is registered."""
        method = self.members["token_endpoint_auth_method"]
        if method == "client_secret_basic":
            return {}, {"authorization": basic(self.client_id, self.members["client_secret"])}
        if method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.members["client_secret"]}, {}
        if method == "private_key_jwt":
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}, {}
        return {"client_id": self.client_id}, {}

    def assertion(self, **changes: Any) -> str:
        """A fresh client assertion (RFC 7523 §3) with the given claims changed; None takes one out."""
        now = int(self.now().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        } | changes
        told = {name: value for name, value in claims.items() if value is not None}
        return jws.serialize_compact({"alg": "ES256", "kid": KEY.kid}, json.dumps(told), KEY)


def challenge_of(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic(client_id: str, secret: str) -> str:
    """RFC 6749 §2.3.1: form-encoded first, then Basic."""
    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def error_of(response: httpx.Response) -> str:
    """The error of an OAuth endpoint, after the checks of RFC 6749 §5.2: nobody may keep it, and it says no more."""
    assert response.status_code in (400, 401, 413), f"{response.status_code}: {response.text[:300]}"
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in response.headers) == (response.status_code == 401)
    body = response.json()
    assert body.keys() <= {"error", "error_description"}, body
    return str(body["error"])


def _encoded(fields: Fields, more: Mapping[str, str]) -> bytes:
    if isinstance(fields, bytes):
        return b"&".join(filter(None, (fields, urlencode(more).encode())))
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    sent = [(name, value) for name, value in pairs if value is not None]
    return urlencode(sent + [(name, value) for name, value in more.items() if name not in dict(sent)]).encode()


def _own_parameters(page: Page) -> set[str]:
    """Those that the redirect address was registered with: they come back too."""
    own = set() if page.posted else set(dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True)))
    return own - {"code", "iss", "state"}
