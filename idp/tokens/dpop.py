"""DPoP at our own endpoints (RFC 9449): what a proof must say, and the nonces that it must repeat.

Everything here is computed: a proof is refused before the database is asked anything. That it is used once only is
settled in the unit (`ProofUse.spend`), after the portal has authenticated: strangers leave rows by the name of an app
at most, and those are gone within minutes.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlsplit

from idp.keys import TokenInvalid, read_proof
from idp.sealing import Keyring, Purpose
from idp.tokens.used_proofs import ProofUse

_OLDEST: Final = timedelta(seconds=60)
_AHEAD: Final = timedelta(seconds=10)
_NONCE_SECONDS: Final = 120
_LONGEST_JTI: Final = 200
_USUAL_PORTS: Final = {"https": 443, "http": 80}


class ProofInvalid(Exception):
    """A proof that is not taken; `is_stale` when nothing is wrong with it but its nonce."""

    def __init__(self, reason: str, *, is_stale: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_stale = is_stale


class Proofs:
    """Checks the proofs that come to our endpoints, under any of the addresses we are called by (`bases`)."""

    def __init__(self, keyring: Keyring, bases: Iterable[str]) -> None:
        self._nonces = Nonces(keyring)
        self._bases = tuple(bases)

    def check(self, text: str, *, method: str, path: str, access_token: str | None, now: datetime) -> ProofUse:
        """What the proof proves, to be spent; raises `ProofInvalid` (§4.3).

        With `access_token` it must be for that very token.
        """
        try:
            proof = read_proof(text)
        except TokenInvalid as refusal:
            raise ProofInvalid(refusal.reason) from None
        claims = proof.claims
        if claims.get("htm") != method:
            raise ProofInvalid("htm")
        if not self._is_ours(claims.get("htu"), path):
            raise ProofInvalid("htu")
        use = ProofUse(proof.thumbprint, _jti(claims), _made_at(claims, now=now))
        if access_token is not None and not _matches(claims.get("ath"), _hashed(access_token)):
            raise ProofInvalid("ath")
        if not self._nonces.is_current(claims.get("nonce"), now=now):
            raise ProofInvalid("nonce", is_stale=True)
        return use

    def nonce(self, *, now: datetime) -> str:
        """What the next proof must repeat."""
        return self._nonces.at(now)

    def _is_ours(self, address: object, path: str) -> bool:
        if not isinstance(address, str):
            return False
        bare = address.partition("#")[0].partition("?")[0]
        return any(bare == base + path for base in self._bases) or any(
            _normal(bare) == _normal(base + path) for base in self._bases
        )


class Nonces:
    """One for every two minutes, the same in every process; good then and in the two minutes after (§8, §9)."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._made: dict[int, str] = {}

    def at(self, now: datetime) -> str:
        """That of the moment."""
        return self._of(self._period(now))

    def is_current(self, given: object, *, now: datetime) -> bool:
        """Whether it is that of the moment or the one before; or the one after: another process may be ahead."""
        period = self._period(now)
        return isinstance(given, str) and any(_matches(given, self._of(period + step)) for step in (0, -1, 1))

    def _period(self, now: datetime) -> int:
        return int(now.timestamp()) // _NONCE_SECONDS

    def _of(self, period: int) -> str:
        found = self._made.get(period)
        if found is None:
            made = self._keyring.derive(Purpose.NONCES, b"dpop\0" + period.to_bytes(8))
            found = urlsafe_b64encode(made[:18]).decode()
            # Replaced, not changed: other threads may read it.
            kept = {known: nonce for known, nonce in self._made.items() if abs(known - period) < 4}
            self._made = kept | {period: found}
        return found


def _jti(claims: dict[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise ProofInvalid("jti")
    return jti


def _made_at(claims: dict[str, Any], *, now: datetime) -> float:
    made, moment = claims.get("iat"), now.timestamp()
    if isinstance(made, bool) or not isinstance(made, int | float):
        raise ProofInvalid("iat")
    # Compared first: a hostile number has thousands of digits.
    if not moment - _OLDEST.total_seconds() <= made <= moment + _AHEAD.total_seconds():
        raise ProofInvalid("iat")
    return float(made)


def _hashed(access_token: str) -> str:
    return urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def _matches(given: object, expected: str) -> bool:
    return isinstance(given, str) and given.isascii() and compare_digest(given, expected)


def _normal(address: str) -> tuple[str, str, int | None, str] | None:
    """RFC 3986 §6.2.2 and §6.2.3, as far as our addresses need it."""
    try:
        parts = urlsplit(address)
        port = parts.port or _USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, (parts.hostname or "").lower(), port, parts.path or "/"
