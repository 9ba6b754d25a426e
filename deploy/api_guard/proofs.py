"""Proofs that the caller holds the key of its token (DPoP, RFC 9449 §4.3): every check, in the order of the section."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from .access_tokens import is_time
from .addresses import NoAddress, addresses_of, normalised
from .asgi import Scope, values_of
from .compact import ALGORITHMS, Compact, NotCompact, encode, public_key
from .nonces import Nonces
from .refusals import DPOP, Refused, proof_refused
from .seen import Seen

LONGEST = 8192
OLD_SECONDS = 60
AHEAD_SECONDS = 10
_LONGEST_JTI = 512


@dataclass(frozen=True)
class Proofs:
    """Which proofs hold. `urls` are the public addresses of the API, without what is below them."""

    urls: tuple[str, ...]
    seen: Seen
    nonces: Nonces | None
    clock: Callable[[], float]

    async def check(self, scope: Scope, token: str, thumbprint: str) -> None:
        """Raises `Refused` unless this request has a fresh proof by the key of `thumbprint` for `token`."""
        found = values_of(scope, b"dpop")
        if len(found) != 1:
            raise proof_refused("no_proof" if not found else "two_proofs")
        proof = _verified(found[0].decode("latin-1"), thumbprint)
        claims, now = proof.claims, self.clock()
        if claims.get("htm") != scope["method"] or not _is_for(claims.get("htu"), addresses_of(scope, self.urls)):
            raise proof_refused("another_request")
        at, name = claims.get("iat"), claims.get("jti")
        if not is_time(at) or not now - OLD_SECONDS <= at <= now + AHEAD_SECONDS:
            raise proof_refused("time")
        if not _is_text(claims.get("ath"), encode(hashlib.sha256(token.encode()).digest())):
            raise proof_refused("another_token")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_JTI:
            raise proof_refused("no_jti")
        self._check_nonce(claims.get("nonce"), now)
        # Last, so that only a proof which is good in all else takes room. The key is part of the name.
        known = hashlib.sha256(f"{thumbprint} {name}".encode()).digest()
        if not await self.seen.is_first(known, until=at + OLD_SECONDS, now=now):
            raise proof_refused("used_before")

    def _check_nonce(self, nonce: object, now: float) -> None:
        if self.nonces is None:
            return
        if not isinstance(nonce, str) or not self.nonces.counts(nonce, now):
            raise Refused(401, "use_dpop_nonce", "nonce", DPOP)


def _verified(text: str, thumbprint: str) -> Compact:
    """A proof with a signature by the key that it brings, which must be the token's."""
    try:
        proof = Compact.read(text, longest=LONGEST, may_bring_key=True)
        if not proof.is_of("dpop+jwt"):
            raise proof_refused("another_kind_of_token")
        key = public_key(proof.header.get("jwk"))
        if not hmac.compare_digest(key.thumbprint().encode(), thumbprint.encode()):
            raise proof_refused("another_key")
        proof.verify(key, ALGORITHMS)
    except NotCompact as error:
        raise proof_refused(str(error)) from None
    return proof


def _is_for(htu: object, addresses: frozenset[str]) -> bool:
    try:
        return isinstance(htu, str) and normalised(htu) in addresses
    except NoAddress:
        return False


def _is_text(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())
