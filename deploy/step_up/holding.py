"""How a portal proves who it is and what its tokens are bound to: by keys (FAPI 2.0), or by a secret and not at all."""

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Holding(Protocol):
    """A portal's ways at the provider and at an API."""

    @property
    def pushes(self) -> bool:
        """Whether its requests go to /par first (RFC 9126)."""
        ...

    def authentication(self, client_id: str, issuer: str, now: float) -> tuple[dict[str, str], dict[str, str]]:
        """Fields and headers that say who calls the provider."""
        ...

    def proof(self, method: str, url: str, now: float, token: str | None = None) -> dict[str, str]:
        """Headers that go with a token, or with the wish for one."""
        ...

    def heed(self, url: str, nonce: str | None) -> bool:
        """Remember a `DPoP-Nonce`; whether it is a new one, with which to try again."""
        ...


@dataclass(frozen=True)
class BySecret:
    """client_secret_basic, and tokens that count for whoever has them: the portal must keep them well."""

    secret: str = field(repr=False)
    pushes: bool = False

    def authentication(self, client_id: str, issuer: str, now: float) -> tuple[dict[str, str], dict[str, str]]:  # noqa: ARG002  (as Holding has it)
        """RFC 6749 §2.3.1."""
        pair = f"{quote_plus(client_id)}:{quote_plus(self.secret)}"
        return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def proof(self, method: str, url: str, now: float, token: str | None = None) -> dict[str, str]:  # noqa: ARG002  (as Holding has it)
        """None."""
        return {"Authorization": f"Bearer {token}"} if token else {}

    def heed(self, url: str, nonce: str | None) -> bool:  # noqa: ARG002  (as Holding has it)
        """Nobody asks for nonces."""
        return False


@dataclass(frozen=True)
class ByKeys:
    """private_key_jwt and DPoP, by two keys: one says who the portal is, its tokens are bound to the other."""

    own: ECKey
    tokens: ECKey
    pushes: bool = True
    _nonces: dict[str, str] = field(default_factory=dict, repr=False)

    def authentication(self, client_id: str, issuer: str, now: float) -> tuple[dict[str, str], dict[str, str]]:
        """RFC 7523 §3, with the issuer as the only audience."""
        claims = {"iss": client_id, "sub": client_id, "aud": issuer, "jti": secrets.token_urlsafe(16)}
        times = {"iat": int(now), "exp": int(now) + 60}
        assertion = jws.serialize_compact({"alg": "ES256", "kid": self.own.kid}, json.dumps(claims | times), self.own)
        return {"client_assertion_type": _ASSERTION, "client_assertion": assertion}, {}

    def proof(self, method: str, url: str, now: float, token: str | None = None) -> dict[str, str]:
        """RFC 9449 §4.2."""
        claims = {"htm": method, "htu": url, "iat": int(now), "jti": secrets.token_urlsafe(16)}
        if nonce := self._nonces.get(_origin(url)):
            claims["nonce"] = nonce
        if token:
            hashed = hashlib.sha256(token.encode()).digest()
            claims["ath"] = urlsafe_b64encode(hashed).rstrip(b"=").decode()
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.tokens.as_dict(private=False)}
        proof = {"DPoP": jws.serialize_compact(header, json.dumps(claims), self.tokens)}
        return proof | ({"Authorization": f"DPoP {token}"} if token else {})

    def heed(self, url: str, nonce: str | None) -> bool:
        """Each server has nonces of its own (§8, §9)."""
        is_new = nonce is not None and self._nonces.get(_origin(url)) != nonce
        if nonce is not None:
            self._nonces[_origin(url)] = nonce
        return is_new


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
