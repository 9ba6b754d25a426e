"""A portal's own signatures, made as cheaply as can be: the driver is not what is measured."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


class SigningKey:
    """One ES256 key, and JWTs of it."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.jwk = {"kty": "EC", "crv": "P-256", "x": _text(numbers.x.to_bytes(32)), "y": _text(numbers.y.to_bytes(32))}

    def jwt(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A compact JWS."""
        signed = f"{_text(orjson.dumps({'alg': 'ES256', **header}))}.{_text(orjson.dumps(claims))}"
        first, second = decode_dss_signature(self._key.sign(signed.encode(), ECDSA(SHA256())))
        return f"{signed}.{_text(first.to_bytes(32) + second.to_bytes(32))}"

    def assertion(self, client_id: str, issuer: str) -> str:
        """RFC 7523 §3."""
        now = int(time.time())  # noqa: TID251  (the portal's clock is the machine's)
        claims = {"iss": client_id, "sub": client_id, "aud": issuer, "jti": secrets.token_hex(16)}
        return self.jwt({"kid": "bench"}, claims | {"iat": now, "exp": now + 60})

    def request_object(self, client_id: str, issuer: str, parameters: Mapping[str, str]) -> str:
        """RFC 9101 §4."""
        now = int(time.time())  # noqa: TID251  (the portal's clock is the machine's)
        frame = {"iss": client_id, "aud": issuer, "client_id": client_id, "nbf": now, "exp": now + 60}
        return self.jwt({"kid": "bench", "typ": "oauth-authz-req+jwt"}, {**parameters, **frame})

    def proof(self, method: str, url: str, nonce: str, token: str | None = None) -> str:
        """RFC 9449 §4.2."""
        now = int(time.time())  # noqa: TID251  (the portal's clock is the machine's)
        claims: dict[str, Any] = {"jti": secrets.token_hex(16), "htm": method, "htu": url, "iat": now}
        if nonce:
            claims["nonce"] = nonce
        if token is not None:
            claims["ath"] = _text(hashlib.sha256(token.encode()).digest())
        return self.jwt({"typ": "dpop+jwt", "jwk": self.jwk}, claims)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
