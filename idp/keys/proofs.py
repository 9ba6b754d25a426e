"""Proofs of possession (DPoP, RFC 9449 §4.2): a JWT that is signed by the very key it brings along.

Elsewhere no token may choose its key; here the key is what is proven. It counts for nothing but its thumbprint (RFC
7638), which a token, a code or a request was bound to.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys import claims as claim_checks
from idp.keys.algorithms import KeyDoesNotFit, Verify, called, verifier
from idp.keys.compact import Compact, decode, encode, read_object
from idp.keys.token_invalid import TokenInvalid

TYPE: Final = "dpop+jwt"
PROOF_ALGORITHMS: Final = ("ES256", "PS256", "EdDSA")
"""Those of FAPI 2.0 (Security Profile §5.4.1), for everybody: no library knows DPoP and nothing better than RS256."""

_LONGEST: Final = 4096
_LONGEST_HEADER: Final = 2048  # an RSA key of 4096 bits takes 1000
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_REFUSED_MEMBERS: Final = frozenset({"jku", "x5c", "x5u", "crit", "b64", "zip", "enc"})
# What a thumbprint is made of (RFC 7638 §3.2), in the order of the alphabet.
_KINDS: Final[Mapping[str, tuple[type[ECKey | OKPKey | RSAKey], tuple[str, ...]]]] = {
    "EC": (ECKey, ("crv", "kty", "x", "y")),
    "OKP": (OKPKey, ("crv", "kty", "x")),
    "RSA": (RSAKey, ("e", "kty", "n")),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature holds. What it claims is not compared with anything yet."""

    thumbprint: str
    claims: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Head:
    verify: Verify
    thumbprint: str


def read_proof(token: str) -> Proof:
    """A proof and the thumbprint of its key; raises `TokenInvalid`."""
    head, dot, rest = token.partition(".")
    payload, second_dot, signature = rest.partition(".")
    if len(token) > _LONGEST or len(head) > _LONGEST_HEADER or not dot or not second_dot or "." in signature:
        raise TokenInvalid("not_a_proof")
    known = _head(head)
    signed = Compact("", None, None, f"{head}.{payload}".encode(), decode(signature), decode(payload))
    signed.check_signature(known.verify)
    return Proof(known.thumbprint, read_object(signed.payload))


# A portal proves one key many times: its header is always the same text. Strangers make keys up, so few are kept.
@lru_cache(maxsize=1024)
def _head(part: str) -> _Head:
    members = read_object(decode(part))
    claim_checks.check_type(_text(members.get("typ")), TYPE)
    if not _REFUSED_MEMBERS.isdisjoint(members):
        raise TokenInvalid("a_header_that_is_not_allowed")
    algorithm, jwk = called(_text(members.get("alg"))), members.get("jwk")
    if algorithm not in PROOF_ALGORITHMS or not isinstance(jwk, dict):
        raise TokenInvalid("algorithm")
    return _Head(_verifier(algorithm, jwk), _thumbprint(jwk))


def _verifier(algorithm: str, jwk: dict[str, Any]) -> Verify:
    if not _PRIVATE.isdisjoint(jwk):
        raise TokenInvalid("a_private_key")
    try:
        kind, members = _KINDS[_text(jwk.get("kty"))]
        return verifier(algorithm, kind.import_key({name: jwk[name] for name in members}).public_key)
    except (JoseError, ValueError, TypeError, KeyError, KeyDoesNotFit):
        raise TokenInvalid("key") from None


def _thumbprint(jwk: dict[str, Any]) -> str:
    _, members = _KINDS[jwk["kty"]]
    for name in members:
        if name not in ("crv", "kty"):
            decode(_text(jwk[name]))  # another text of the same number would be another thumbprint of the same key
    hashed = hashlib.sha256(orjson.dumps({name: jwk[name] for name in members})).digest()
    return encode(hashed).decode()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
