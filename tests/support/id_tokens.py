"""An ID token read as a portal must (OpenID Connect Core §3.1.3.7), by joserfc and hashlib, nothing of `idp`."""

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import KeySet

HASHES = {"ES256": "sha256", "RS256": "sha256", "PS256": "sha256", "EdDSA": "sha512"}
ALWAYS = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "at_hash"}


def verified(token: str, jwks: dict[str, Any], *, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature is right; the algorithm is the caller's, never the token's."""
    read = jws.deserialize_compact(token, KeySet.import_key_set(jwks), algorithms=[algorithm])  # type: ignore[arg-type]
    header = dict(read.headers())
    assert header["alg"] == algorithm
    assert header["kid"] in {key["kid"] for key in jwks["keys"]}
    claims: dict[str, Any] = json.loads(read.payload)
    return header, claims


def read_id_token(
    token: str,
    jwks: dict[str, Any],
    *,
    algorithm: str,
    issuer: str,
    client_id: str,
    nonce: str | None,
    access_token: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of a good ID token."""
    header, claims = verified(token, jwks, algorithm=algorithm)
    assert header.get("typ", "JWT") == "JWT"
    assert claims["iss"] == issuer
    assert claims["aud"] == client_id
    assert claims["iat"] <= now.timestamp() < claims["exp"]
    assert claims["auth_time"] <= now.timestamp()
    assert claims.get("nonce") == nonce
    assert claims["at_hash"] == half_hash(access_token, algorithm)
    assert claims.keys() >= ALWAYS
    return claims


def half_hash(value: str, algorithm: str) -> str:
    """`at_hash` (OpenID Connect Core §3.1.3.6)."""
    whole = hashlib.new(HASHES[algorithm], value.encode()).digest()
    return urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
