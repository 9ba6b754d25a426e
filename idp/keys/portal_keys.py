"""A portal's keys ready for use, and verifying a JWT that it signed: an assertion (RFC 7523 §3), a request."""

from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys import claims as claim_checks
from idp.keys.algorithms import ALGORITHMS, KeyDoesNotFit, Verify, called, verifier
from idp.keys.claims import SKEW
from idp.keys.compact import Compact, read_object
from idp.keys.encryption import EncryptionKey
from idp.keys.token_invalid import TokenInvalid

_KINDS: Mapping[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_PUBLIC = ("kty", "crv", "x", "y", "n", "e")
_MOST_KEYS = 10  # that may be tried for one token
_LONGEST_KEPT = 4096  # bytes of a set: several keys, or one with its certificate


@dataclass(frozen=True, slots=True)
class _PortalKey:
    kid: str | None
    verifiers: Mapping[str, Verify]
    encryption: EncryptionKey | None
    certificate: bytes | None


class PortalKeys:
    """The public keys of a portal: those it signs with, those one encrypts to, and its certificates.

    The first ten count, for all may be tried for one token; idp.portals takes no larger set. `fault` says why a portal
    may have keys that are not here: what it publishes them at did not give them.
    """

    def __init__(self, keys: Iterable[_PortalKey], *, fault: str | None = None) -> None:
        self._keys = tuple(keys)[:_MOST_KEYS]
        self.fault = fault

    @classmethod
    def of(cls, jwks: Iterable[Any]) -> Self:
        """From JWKs as plain data. Those that are of no use here are left out (RFC 7517 §5)."""
        found = []
        for jwk in jwks:
            with suppress(JoseError, ValueError, TypeError, KeyError, AttributeError):
                found.append(_portal_key(jwk))
        return cls(key for key in found if key.verifiers or key.encryption)

    def fitting(self, algorithm: str, kid: str | None) -> list[Verify]:
        """How a signature with that header may be verified. Without a `kid` every key of the algorithm is meant."""
        return [
            key.verifiers[algorithm]
            for key in self._keys
            if algorithm in key.verifiers and (kid is None or key.kid == kid)
        ]

    def to_encrypt_to(self, algorithm: str) -> EncryptionKey | None:
        """The first key that JWE can use with that `alg`."""
        fitting = (key.encryption for key in self._keys if key.encryption and key.encryption.fits(algorithm))
        return next(fitting, None)

    def has_certificate(self, der: bytes) -> bool:
        """Whether one of its keys came with this very certificate (RFC 8705 §2.2)."""
        return any(key.certificate == der for key in self._keys)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """All of those, as DER."""
        return tuple(key.certificate for key in self._keys if key.certificate is not None)

    def but(self, fault: str | None) -> "PortalKeys":
        """The same keys with what was wrong when fresh ones were asked for."""
        return PortalKeys(self._keys, fault=fault)


def portal_keys(jwks: Mapping[str, Any]) -> PortalKeys:
    """Those of a registered JWK set, as `PortalKeys.of`. Parsed once: equal sets give the same keys. For sets that were
    checked when they were registered, never for what somebody just sent."""
    text = orjson.dumps(jwks, option=orjson.OPT_SORT_KEYS)
    return _parse(text) if len(text) <= _LONGEST_KEPT else _parse.__wrapped__(text)


# At most 4 MiB of texts, and the keys that were in them.
@lru_cache(maxsize=1024)
def _parse(text: bytes) -> PortalKeys:
    return PortalKeys.of(orjson.loads(text)["keys"])


def _portal_key(jwk: dict[str, Any]) -> _PortalKey:
    verifiers: dict[str, Verify] = {}
    encryption: EncryptionKey | None = None
    kid, kind, algorithm = jwk.get("kid"), _KINDS[jwk["kty"]], jwk.get("alg")
    algorithm = None if algorithm is None else called(algorithm)
    key = kind.import_key({name: jwk[name] for name in _PUBLIC if name in jwk})
    if jwk.get("use", "enc" if EncryptionKey.is_meant_by(algorithm) else "sig") == "enc":
        encryption = EncryptionKey.of(key, kid, algorithm)
    elif jwk.get("use", "sig") == "sig":
        for able in ALGORITHMS:
            if algorithm in (None, able):
                with suppress(KeyDoesNotFit):
                    verifiers[able] = verifier(able, key.public_key)
    named = jwk.get("x5c")
    return _PortalKey(kid, verifiers, encryption, b64decode(named[0]) if named and verifiers else None)


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
    candidates = keys.fitting(read.algorithm, read.kid)
    if not candidates:
        raise TokenInvalid(keys.fault or "key")
    _check_with_one(read, candidates)
    return read_object(read.payload)


def _check_with_one(read: Compact, candidates: list[Verify]) -> None:
    refused = TokenInvalid("signature")
    for candidate in candidates:
        try:
            read.check_signature(candidate)
        except TokenInvalid as error:
            refused = error
        else:
            return
    raise refused
