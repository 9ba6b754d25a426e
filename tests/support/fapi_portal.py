"""The program of a portal of profile `fapi2`: pushes its requests, and proves its key with each token (plain httpx).

portal = fapi_portal(provider)
page = visitor.opens(portal.pushes())
tokens = portal.redeem(page).json()
portal.call(portal.provider["userinfo_endpoint"], tokens["access_token"])
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.portal_file import KEY
from tests.support.provider import Provider

Key = ECKey | OKPKey | RSAKey
_TIMES = ("nbf", "exp", "iat")

REGISTRY = jws.JWSRegistry(algorithms=["ES256", "PS256", "RS256", "EdDSA"], strict_check_header=False)
REGISTRY.max_header_length = 4096


def proof_key() -> ECKey:
    """A fresh key to bind tokens to."""
    return ECKey.generate_key("P-256", private=True)


@dataclass
class FapiPortal:
    """One portal and the key that its tokens are bound to. `nonce` is the last that the provider gave.

    With `shown`, its connections have that certificate (as the proxy in front says it), and no proof is sent unless
    `with_proofs`.
    """

    portal: Portal
    key: Key = field(default_factory=proof_key)
    algorithm: str = "ES256"
    nonce: str | None = None
    shown: Mapping[str, str] = field(default_factory=dict)
    with_proofs: bool = True

    @property
    def provider(self) -> dict[str, Any]:
        """The discovery document."""
        return self.portal.provider

    def proof(self, method: str, url: str, *, token: str | None = None, head: Any = None, **changes: Any) -> str:
        """A DPoP proof (RFC 9449 §4.2) with the given claims and header members changed; None takes one out."""
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(self.portal.now().timestamp()),
            "nonce": self.nonce,
            "ath": hashed(token) if token else None,
        } | changes
        header = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.key.as_dict(private=False)} | (head or {})
        return signed(_without_none(header), _without_none(claims), self.key)

    def post(self, endpoint: str, fields: dict[str, str], *, proof: str | None = "") -> httpx.Response:
        """A call of an endpoint, repeated once with the nonce where it asks for one. `proof` None brings none."""
        url = self.provider[f"{endpoint}_endpoint"]
        proof = proof if self.with_proofs else proof or None
        for _ in range(2):
            headers = {"dpop": self.proof("POST", url) if proof == "" else proof} if proof is not None else {}
            headers |= self.shown
            answer = self.portal.post(endpoint, fields, headers=headers)
            self.nonce = answer.headers.get("dpop-nonce", self.nonce)
            if answer.status_code != 400 or answer.json()["error"] != "use_dpop_nonce" or proof:
                break
        return answer

    def push(self, *, proof: str | None = None, **changes: str | None) -> httpx.Response:
        """The pushed request (RFC 9126 §2.1), without a proof unless one is given."""
        url = httpx.URL(self.portal.ask(**changes))
        return self.post("pushed_authorization_request", dict(url.params), proof=proof)

    def request_object(
        self, *, key: Key = KEY, head: Any = None, asked: Mapping[str, str | None] | None = None, **changes: Any
    ) -> str:
        """A fresh request as one signed JWT (RFC 9101 §4). `asked` changes parameters and `changes` claims, times in
        seconds from now; None takes one out."""
        now = int(self.portal.now().timestamp())
        times = {"nbf": 0, "exp": 300} | {name: changes.pop(name) for name in _TIMES if name in changes}
        parameters: dict[str, Any] = dict(httpx.URL(self.portal.ask(**(asked or {}))).params)
        claims = parameters | {"iss": self.portal.client_id, "aud": self.portal.issuer} | changes
        claims |= {name: now + value if isinstance(value, int) else value for name, value in times.items()}
        header = {"typ": "oauth-authz-req+jwt", "alg": "ES256", "kid": key.kid} | (head or {})
        return signed(_without_none(header), _without_none(claims), key)

    def push_signed(self, request: str, **beside: str) -> httpx.Response:
        """A signed request at /par, with nothing beside it but what proves the portal."""
        fields = {"request": request, "client_id": self.portal.client_id} | beside
        return self.post("pushed_authorization_request", fields, proof=None)

    def address(self, pushed: httpx.Response) -> str:
        """Where to send a browser with what was pushed."""
        assert pushed.status_code == 201, pushed.text
        query = {"client_id": self.portal.client_id, "request_uri": pushed.json()["request_uri"]}
        return f"{self.provider['authorization_endpoint']}?{urlencode(query)}"

    def pushes(self, **changes: str | None) -> str:
        """Push a fresh request, and where to send the browser."""
        return self.address(self.push(**changes))

    def redeem(self, page: Page, *, proof: str | None = "", **changes: str) -> httpx.Response:
        """The token request for the code that came back."""
        asked = self.portal.last
        fields = {"grant_type": "authorization_code", "code": self.portal.code(page)}
        fields |= {"redirect_uri": asked.redirect_uri, "code_verifier": asked.verifier or ""}
        return self.post("token", fields | changes, proof=proof)

    def refresh(self, refresh_token: str, *, proof: str | None = "", **changes: str) -> httpx.Response:
        """The token request for a refresh token."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("token", fields | changes, proof=proof)

    def call(self, url: str, token: str, *, proof: str | None = "", scheme: str | None = None) -> httpx.Response:
        """A protected resource by GET, repeated once with the nonce where it asks for one."""
        proof = proof if self.with_proofs else proof or None
        scheme = scheme or ("DPoP" if self.with_proofs else "Bearer")
        for _ in range(2):
            made = self.proof("GET", url, token=token) if proof == "" else proof
            headers = {"authorization": f"{scheme} {token}"} | ({"dpop": made} if made is not None else {})
            headers |= self.shown
            answer = self.portal.http.get(url, headers=headers)
            self.nonce = answer.headers.get("dpop-nonce", self.nonce)
            if "use_dpop_nonce" not in answer.headers.get("www-authenticate", "") or proof:
                break
        return answer

    def userinfo(self, token: str, **how: Any) -> httpx.Response:
        """What the provider tells about the person."""
        return self.call(self.provider["userinfo_endpoint"], token, **how)


def fapi_portal(provider: Provider, **stated: Any) -> FapiPortal:
    """A registered portal of profile `fapi2`, bound by DPoP unless stated."""
    return FapiPortal(provider.portal(**{"profile": "fapi2", "refresh": "session"} | stated))


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A compact JWS, whatever its header says."""
    return jws.serialize_compact(header, json.dumps(claims), key, registry=REGISTRY)


def hashed(token: str) -> str:
    """The `ath` of an access token (RFC 9449 §4.2)."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
