"""The public keys of a portal (RFC 7517), checked by their structure before anything is done with them.

A set that an operator registers is taken whole or refused with its fault; of one that a portal publishes itself, what
is not understood is left out (RFC 7517 §5). A key signs or is encrypted to, never both: `use` says which, else `alg`,
and a key with neither only signs.
"""

import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable

MOST_KEYS: Final = 10
"""Of one portal, that can be used."""

MOST_LISTED: Final = 20
"""In a set that it publishes, with those that cannot."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEPT = ("kty", "kid", "use", "alg", "crv", "x", "y", "n", "e")
_PUBLIC = ("kty", "crv", "x", "y", "n", "e")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_KID = re.compile(r"[\x21-\x7e]{1,200}")
_LONGEST_CERTIFICATE = 8192  # characters
_LARGEST_EXPONENT = 1 << 32  # a larger one only costs us time at every signature


class KeyFault(ValueError):
    """What is wrong with a key set, as the end of a sentence."""


def read_key_set(given: Any) -> dict[str, list[dict[str, Any]]]:
    """A registered set with the members that matter; raises `KeyFault`."""
    keys = given.get("keys") if isinstance(given, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        raise KeyFault(f"must be a JWK set: {{ keys = [ 1 to {MOST_KEYS} keys ] }}")
    read = [_read_key(key) for key in keys]
    kids = [key.get("kid") for key in read]
    if len(read) > 1 and (None in kids or len(set(kids)) < len(kids)):
        raise KeyFault("must give each of several keys a kid of its own")
    return {"keys": read}


def usable_keys(given: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Those of a published set that can be used; raises `KeyFault` where it is no set, or too large a one.

    A private key that lies open is burnt, and so is its public part where that is listed as well.
    """
    keys = given.get("keys")
    if not isinstance(keys, list):
        raise KeyFault("not_a_key_set")
    if len(keys) > MOST_LISTED:
        raise KeyFault("too_many_keys")
    burnt = [_public(key) for key in keys if isinstance(key, Mapping) and not _PRIVATE.isdisjoint(key)]
    usable = [key for key in _understood(keys) if _public(key) not in burnt]
    if len(usable) > MOST_KEYS:
        raise KeyFault("too_many_keys")
    return {"keys": usable}


def can_sign(key: Mapping[str, Any]) -> bool:
    """Whether a key that was read may sign."""
    return _purpose(key) == "sig"


def can_encrypt(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether one may encrypt to a key that was read, by that algorithm of JWE."""
    fits = algorithm in _KINDS[key["kty"]].encrypting and key.get("alg", algorithm) == algorithm
    return fits and _purpose(key) == "enc"


def _understood(keys: list[Any]) -> Iterator[dict[str, Any]]:
    for key in keys:
        with suppress(KeyFault):
            yield _read_key(key)


def _public(key: Mapping[str, Any]) -> list[Any]:
    return [key.get(name) for name in _PUBLIC]


def _read_key(key: Any) -> dict[str, Any]:
    if not isinstance(key, Mapping):
        raise KeyFault("holds something that is no key")
    if not _PRIVATE.isdisjoint(key):
        raise KeyFault("holds a private key: that key is burnt; make another and register its public part only")
    kind = _KINDS.get(str(key.get("kty")))
    if kind is None:
        raise KeyFault("holds a key whose kty is not EC, RSA or OKP")
    _check_purpose(key, kind)
    if "kid" in key and not (isinstance(key["kid"], str) and _KID.fullmatch(key["kid"])):
        raise KeyFault("holds a key whose kid is not short, plain text")
    info = kind.check(key)
    read = {name: key[name] for name in _KEPT if name in key}
    return read if "x5c" not in key else read | {"x5c": [_certificate(key["x5c"], info)]}


def _check_purpose(key: Mapping[str, Any], kind: "_Kind") -> None:
    use, algorithm = key.get("use"), key.get("alg")
    if use not in (None, "sig", "enc"):
        raise KeyFault('holds a key whose use is neither "sig" nor "enc"')
    able = {"sig": kind.signing, "enc": kind.encrypting}.get(str(use), (*kind.signing, *kind.encrypting))
    if not able:
        raise KeyFault('holds a key with use "enc" whose kty cannot encrypt here; take EC or RSA')
    if "alg" in key and algorithm not in able:
        raise KeyFault(f"holds a key whose alg is not {' or '.join(able)}, which is what its kty and use can do")


def _purpose(key: Mapping[str, Any]) -> str:
    return str(key.get("use") or ("enc" if key.get("alg") in _KINDS[key["kty"]].encrypting else "sig"))


def _check_ec(key: Mapping[str, Any]) -> bytes:
    if key.get("crv") != "P-256":
        raise KeyFault("holds an EC key that is not on P-256")
    try:
        public = EllipticCurvePublicNumbers(_whole(key, "x"), _whole(key, "y"), SECP256R1()).public_key()
    except ValueError as error:
        raise KeyFault("holds an EC key that is not a point of its curve") from error
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_rsa(key: Mapping[str, Any]) -> bytes:
    try:
        numbers = RSAPublicNumbers(_whole(key, "e"), _whole(key, "n"))
        public = numbers.public_key()
    except ValueError as error:
        raise KeyFault("holds an RSA key that is none") from error
    if not 2048 <= public.key_size <= 8192:
        raise KeyFault(f"holds an RSA key of {public.key_size} bits; it must have 2048 to 8192")
    if numbers.e > _LARGEST_EXPONENT:
        raise KeyFault("holds an RSA key whose e is over 32 bits; take 65537")
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_okp(key: Mapping[str, Any]) -> bytes:
    if key.get("crv") != "Ed25519":
        raise KeyFault("holds an OKP key that is not Ed25519")
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key, "x"))
    except ValueError as error:
        raise KeyFault("holds an Ed25519 key that is none") from error
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(given: Any, info: bytes) -> str:
    """The first certificate (§4.7). Whoever signed it does not matter: it stands here for a key."""
    first = given[0] if isinstance(given, list) and given else None
    if not isinstance(first, str) or len(first) > _LONGEST_CERTIFICATE:
        raise KeyFault("holds a key whose x5c is not a list of short certificates")
    try:
        # Standard base64 here, not base64url; some tools break it into lines.
        certificate = Certificate.read(b64decode("".join(first.split()), validate=True))
    except (ValueError, CertificateUnreadable):
        raise KeyFault("holds a key whose x5c does not begin with a certificate") from None
    key = certificate.parsed.public_key()
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != info:
        raise KeyFault("holds a key whose x5c begins with a certificate of another key")
    return "".join(first.split())


def _whole(key: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(key, name))


def _bytes(key: Mapping[str, Any], name: str) -> bytes:
    value = key.get(name)
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        raise ValueError(name)
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a `kty` can do. `check` gives the key as a SubjectPublicKeyInfo, or raises `KeyFault`."""

    check: Callable[[Mapping[str, Any]], bytes]
    signing: tuple[str, ...]
    encrypting: tuple[str, ...] = ()


_KINDS: Mapping[str, _Kind] = {
    "EC": _Kind(_check_ec, ("ES256",), ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")),
    "RSA": _Kind(_check_rsa, ("RS256", "PS256"), ("RSA-OAEP-256",)),
    "OKP": _Kind(_check_okp, ("EdDSA", "Ed25519")),  # RFC 9864 has the second name
}

ENCRYPTION_ALGORITHMS: Final = tuple(name for kind in _KINDS.values() for name in kind.encrypting)
"""Those of JWE that some key is for (RFC 7518 §4.3, §4.6). What a key is for says idp.keys, too, where it is used."""
