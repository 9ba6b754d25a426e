"""Tokens that no honest signer makes: any header, any claims, any key or none."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

Key = ECKey | RSAKey | OKPKey
STRANGER = ECKey.generate_key("P-256", private=True)


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    claims: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return claims


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_decoded(token.split(".")[0]))
    return header


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """With an empty signature."""
    return f"{_encoded({'alg': 'none', **header})}.{_encoded(claims)}."


def signed(claims: dict[str, Any] | str, key: Key, **header: Any) -> str:
    """Signed by `key`. A text is taken as the payload as it is."""
    # Written by hand: the library would refuse headers that it does not know.
    head = {name: value for name, value in {"alg": "ES256", **header}.items() if value is not None}
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    signing = f"{_encoded(head)}.{_text(payload.encode())}"
    signature = jws.JWSRegistry.algorithms[header.get("alg", "ES256")].sign(signing.encode(), key)
    return f"{signing}.{_text(signature)}"


def shared(claims: dict[str, Any], secret: bytes, **header: Any) -> str:
    """HS256 under `secret`: with a public key as the secret, the classic confusion (RFC 8725 §2.1)."""
    signing = f"{_encoded({'alg': 'HS256', **header})}.{_encoded(claims)}"
    return f"{signing}.{_text(hmac.new(secret, signing.encode(), sha256).digest())}"


def _encoded(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
