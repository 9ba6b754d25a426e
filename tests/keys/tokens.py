"""Tokens of every shape, also such as no library of good manners makes."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys.algorithms import Sign, signer

ISSUER = "https://op.test"
AUDIENCE = "https://op.test/userinfo"


def claims(now: datetime, **changed: Any) -> dict[str, Any]:
    """Claims that hold at `now`. A changed one that is `...` is left out."""
    moment = int(now.timestamp())
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "someone",
        "iat": moment,
        "exp": moment + 300,
        "jti": "j",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(part: str) -> bytes:
    return urlsafe_b64decode(part + "==")


def token(header: Any, payload: Any, sign: Sign) -> str:
    """Sign whatever it is; bytes are taken as they are, anything else as JSON."""
    head, body = (text(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload))
    return f"{head}.{body}.{text(sign(f'{head}.{body}'.encode()))}"


def joserfc_signer(algorithm: str, key: ECKey | OKPKey | RSAKey) -> Sign:
    """How a key that joserfc made signs."""
    private_key = key.private_key
    assert isinstance(private_key, EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey)
    return signer(algorithm, private_key)


def stranger() -> Sign:
    """An ES256 key that nobody knows."""
    return signer("ES256", generate_private_key(SECP256R1()))
