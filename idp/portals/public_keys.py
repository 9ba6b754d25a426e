"""The keys a portal signs with (RFC 7517), checked by their structure when they are registered."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

_MOST_KEYS = 10
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEPT = ("kty", "kid", "use", "alg", "crv", "x", "y", "n", "e")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_KID = re.compile(r"[\x21-\x7e]{1,200}")


class KeyFault(ValueError):
    """What is wrong with a key set, as the end of a sentence."""


def read_key_set(given: Any) -> dict[str, list[dict[str, Any]]]:
    """The set with the members that matter; raises `KeyFault`."""
    keys = given.get("keys") if isinstance(given, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MOST_KEYS:
        raise KeyFault(f"must be a JWK set: {{ keys = [ 1 to {_MOST_KEYS} keys ] }}")
    read = [_read_key(key) for key in keys]
    kids = [key.get("kid") for key in read]
    if len(read) > 1 and (None in kids or len(set(kids)) < len(kids)):
        raise KeyFault("must give each of several keys a kid of its own")
    return {"keys": read}


def _read_key(key: Any) -> dict[str, Any]:
    if not isinstance(key, Mapping):
        raise KeyFault("holds something that is no key")
    if not _PRIVATE.isdisjoint(key):
        raise KeyFault("holds a private key: that key is burnt; make another and register its public part only")
    kind = _KINDS.get(str(key.get("kty")))
    if kind is None:
        raise KeyFault("holds a key whose kty is not EC, RSA or OKP")
    check, algorithms = kind
    if key.get("use", "sig") != "sig":
        raise KeyFault('holds a key whose use is not "sig"')
    if "alg" in key and key["alg"] not in algorithms:
        raise KeyFault(f"holds a key whose alg is not {' or '.join(algorithms)}, which is what its kty can do")
    if "kid" in key and not (isinstance(key["kid"], str) and _KID.fullmatch(key["kid"])):
        raise KeyFault("holds a key whose kid is not short, plain text")
    check(key)
    return {name: key[name] for name in _KEPT if name in key}


def _check_ec(key: Mapping[str, Any]) -> None:
    if key.get("crv") != "P-256":
        raise KeyFault("holds an EC key that is not on P-256")
    try:
        EllipticCurvePublicNumbers(_whole(key, "x"), _whole(key, "y"), SECP256R1()).public_key()
    except ValueError as error:
        raise KeyFault("holds an EC key that is not a point of its curve") from error


def _check_rsa(key: Mapping[str, Any]) -> None:
    try:
        size = RSAPublicNumbers(_whole(key, "e"), _whole(key, "n")).public_key().key_size
    except ValueError as error:
        raise KeyFault("holds an RSA key that is none") from error
    if not 2048 <= size <= 8192:
        raise KeyFault(f"holds an RSA key of {size} bits; it must have 2048 to 8192")


def _check_okp(key: Mapping[str, Any]) -> None:
    if key.get("crv") != "Ed25519":
        raise KeyFault("holds an OKP key that is not Ed25519")
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key, "x"))
    except ValueError as error:
        raise KeyFault("holds an Ed25519 key that is none") from error


def _whole(key: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(key, name))


def _bytes(key: Mapping[str, Any], name: str) -> bytes:
    value = key.get(name)
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        raise ValueError(name)
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


_KINDS: Mapping[str, tuple[Callable[[Mapping[str, Any]], None], tuple[str, ...]]] = {
    "EC": (_check_ec, ("ES256",)),
    "RSA": (_check_rsa, ("RS256", "PS256")),
    "OKP": (_check_okp, ("EdDSA",)),
}
