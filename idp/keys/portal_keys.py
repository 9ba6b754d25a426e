"""Verifying a JWT that somebody else signed: the assertion with which a portal proves itself (RFC 7523 §3)."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys import claims as claim_checks
from idp.keys.algorithms import ALGORITHMS, KeyDoesNotFit, Verify, verifier
from idp.keys.claims import SKEW
from idp.keys.compact import Compact, read_object
from idp.keys.token_invalid import TokenInvalid

_KINDS: Mapping[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_MOST_KEYS = 10  # that may be tried for one token


@dataclass(frozen=True, slots=True)
class _PortalKey:
    kid: str | None
    verifiers: Mapping[str, Verify]


class PortalKeys:
    """The public keys a portal may sign with."""

    def __init__(self, keys: Iterable[_PortalKey]) -> None:
        self._keys = tuple(keys)[:_MOST_KEYS]

    def fitting(self, algorithm: str, kid: str | None) -> list[Verify]:
        """How a signature with that header may be verified. Without a `kid` every key of the algorithm is meant."""
        return [
            key.verifiers[algorithm]
            for key in self._keys
            if algorithm in key.verifiers and (kid is None or key.kid == kid)
        ]


def portal_keys(jwks: Mapping[str, Any]) -> PortalKeys:
    """From a JWK set (RFC 7517 §5) as plain data. Keys that cannot verify here are left out, as §5 has it.

    Parsed once: equal sets give the same keys.
    """
    return _parse(orjson.dumps(jwks, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=4096)
def _parse(text: bytes) -> PortalKeys:
    found = []
    for jwk in orjson.loads(text)["keys"]:
        with suppress(JoseError, ValueError, TypeError, KeyError):
            found.append(_portal_key(jwk))
    return PortalKeys(key for key in found if key.verifiers)


def _portal_key(jwk: dict[str, Any]) -> _PortalKey:
    verifiers: dict[str, Verify] = {}
    kind = _KINDS.get(jwk["kty"])
    if kind is not None and jwk.get("use", "sig") == "sig":
        key = kind.import_key(jwk).public_key
        for algorithm in ALGORITHMS:
            if jwk.get("alg", algorithm) == algorithm:
                with suppress(KeyDoesNotFit):
                    verifiers[algorithm] = verifier(algorithm, key)
    return _PortalKey(jwk.get("kid"), verifiers)


def verify_jwt(
    token: str,
    keys: PortalKeys,
    *,
    algorithms: Collection[str],
    typ: str | None,
    issuer: str,
    audiences: frozenset[str],
    one_audience: bool = False,
    now: datetime,
    max_age: timedelta = timedelta(hours=1),
    leeway: timedelta = SKEW,
) -> dict[str, Any]:
    """The claims of a JWT signed with one of `keys`, or raise `TokenInvalid`.

    `algorithms` are the only ones that may have signed it. Every audience it names must be one of `audiences`: an
    assertion that is also good at somebody else's could be replayed by them; with `one_audience` it is a string, and no
    list (FAPI 2.0 §5.3.2.1). `exp` must be there and at most `max_age`
    ahead, so that whoever remembers a `jti` knows for how long.
    """
    claims = signed_claims(token, keys, algorithms=algorithms, typ=typ)
    claim_checks.check_issuer(claims, issuer)
    if not claim_checks.audiences(claims) <= audiences or (one_audience and not isinstance(claims["aud"], str)):
        raise TokenInvalid("audience")
    claim_checks.check_times(claims, now=now, leeway=leeway)
    claim_checks.check_age(claims, now=now, max_age=max_age, leeway=leeway)
    return claims


def signed_claims(token: str, keys: PortalKeys, *, algorithms: Collection[str], typ: str | None) -> dict[str, Any]:
    """What one of `keys` signed, as a JWT of that type; raises `TokenInvalid`. Issuer, audience and times are not
    looked at: only for kinds whose rules about them are their own (RFC 9101)."""
    read = Compact.read(token)
    claim_checks.check_type(read.typ, typ)
    if read.algorithm not in algorithms:
        raise TokenInvalid("algorithm")
    _check_with_one(read, keys.fitting(read.algorithm, read.kid))
    return read_object(read.payload)


def _check_with_one(read: Compact, candidates: list[Verify]) -> None:
    refused = TokenInvalid("key")
    for candidate in candidates:
        try:
            read.check_signature(candidate)
        except TokenInvalid as error:
            refused = error
        else:
            return
    raise refused
