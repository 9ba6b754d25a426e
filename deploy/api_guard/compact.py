"""A compact JWS (RFC 7515 §7.1), read as strictly as it can be: one token has exactly one text (RFC 8725).

Alternative base64, repeated members, text that is not UTF-8, and every header that would choose a key or change how
the rest is read are refused. joserfc verifies; nothing in a token chooses the key or the algorithm, which the caller
does.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact

PublicKey: TypeAlias = ECKey | RSAKey | OKPKey

ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""What may sign (FAPI 2.0 §5.4.1). No secret ever does: an API has none in common with the issuer."""

LONGEST_HEADER = 4096
_LONGEST_SIGNATURE = 1400  # of RSA with 8192 bits
_RSA_BITS = range(2048, 8193)  # weaker is unsafe, longer only costs us time
_EXPONENTS = range(3, 1 << 32, 2)  # whoever makes a key up chooses it, and a long one costs a hundred times as much
_NEVER = frozenset({"jku", "x5u", "x5c", "crit", "b64", "zip", "enc"})


class NotCompact(Exception):
    """Not a token that can be believed. The text names the reason and holds nothing of the token."""


@dataclass(frozen=True)
class Compact:
    """A token taken apart. Nothing of it is proven until `verify` has returned."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def read(cls, text: str, *, longest: int, may_bring_key: bool = False) -> Self:
        """Raises `NotCompact` for anything else, whatever it is. Only a proof of possession brings its own key."""
        parts = text.split(".") if len(text) <= longest else []
        if len(parts) != 3 or len(parts[0]) > LONGEST_HEADER or len(parts[2]) > _LONGEST_SIGNATURE:
            raise NotCompact("size_or_parts")
        header = read_object(decode(parts[0]))
        if not _NEVER.isdisjoint(header) or ("jwk" in header and not may_bring_key):
            raise NotCompact("header_not_allowed")
        decode(parts[2])
        return cls(text, header, read_object(decode(parts[1])))

    @property
    def algorithm(self) -> object:
        """`alg`, by our name of it where it has two."""
        return _called(self.header.get("alg"))

    def verify(self, key: PublicKey, algorithms: tuple[str, ...]) -> None:
        """Raises `NotCompact` unless `key` signed it by an algorithm of these which is for such keys."""
        if self.algorithm not in algorithms or self.algorithm != algorithm_of(key):
            raise NotCompact("algorithm")
        try:
            deserialize_compact(self.text, key, registry=_REGISTRY)
        except (JoseError, ValueError):
            raise NotCompact("signature") from None

    def is_of(self, kind: str) -> bool:
        """Whether `typ` says so, in the short or the long form (RFC 7515 §4.1.9)."""
        typ = self.header.get("typ")
        return isinstance(typ, str) and typ.lower().removeprefix("application/") == kind


class _Registry(JWSRegistry):
    """joserfc's own bounds and header checks are for others; ours are above, and stricter."""

    max_header_length = LONGEST_HEADER
    max_signature_length = _LONGEST_SIGNATURE

    def get_alg(self, name: str) -> Any:
        """One of ours, without joserfc's warning that EdDSA has a newer name."""
        return self.algorithms[_called(name)]


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


def algorithm_of(key: PublicKey) -> str | None:
    """The one algorithm that this key verifies; None for a key that is too weak or of another kind (RFC 8725 §3.4)."""
    match key:
        case ECKey() if key.curve_name == "P-256":
            return "ES256"
        case RSAKey() if key.raw_value.key_size in _RSA_BITS and _exponent(key) in _EXPONENTS:
            return "PS256"
        case OKPKey() if key.curve_name == "Ed25519":
            return "EdDSA"
    return None


def _exponent(key: RSAKey) -> int:
    raw = key.raw_value
    return (raw.public_key() if isinstance(raw, RSAPrivateKey) else raw).public_numbers().e


def _called(algorithm: Any) -> Any:
    return "EdDSA" if algorithm == "Ed25519" else algorithm  # RFC 9864 §2.2 has the second name


_PUBLIC = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KINDS: dict[str, type[ECKey] | type[RSAKey] | type[OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}


def public_key(jwk: object) -> PublicKey:
    """The key of a JWK for signatures (RFC 7517), of its public members alone.

    Raises `NotCompact`: private members, another use, a kind, a point or a size that is not good.
    """
    if not isinstance(jwk, dict) or not _PRIVATE.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        raise NotCompact("key")
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _PUBLIC:
        raise NotCompact("key")
    members = {"kty": kind} | {name: jwk.get(name) for name in _PUBLIC[kind]}
    if not all(isinstance(value, str) and len(value) <= _LONGEST_SIGNATURE for value in members.values()):
        raise NotCompact("key")
    for name in {"x", "y", "n", "e"} & members.keys():
        decode(str(members[name]))
    try:
        key = _KINDS[kind].import_key({name: str(value) for name, value in members.items()})
        algorithm = algorithm_of(key)
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotCompact("key") from None
    if algorithm is None or _called(jwk.get("alg", algorithm)) != algorithm:
        raise NotCompact("key")
    return key


def encode(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    """The bytes of base64url; raises `NotCompact` for any text but the one that `encode` gives for them."""
    try:
        data = urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except ValueError:
        raise NotCompact("base64url") from None
    if encode(data) != part:
        raise NotCompact("base64url")
    return data


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 whose members are unique at every depth; raises `NotCompact`."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise NotCompact("json") from None
    if not isinstance(value, dict):
        raise NotCompact("json")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _no_number(word: str) -> float:
    raise ValueError(word)
