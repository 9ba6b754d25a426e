"""Nonces of our own in proofs (RFC 9449 §9): who cannot have asked us lately cannot have made the proof lately."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from .compact import encode


@dataclass(frozen=True)
class Nonces:
    """A nonce is the MAC of a stretch of time: nothing is kept. It counts in its own stretch and in the next.

    Processes of one API are given one `key` (32 bytes or more); without it each demands its own nonces.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    seconds: int = 120

    def __post_init__(self) -> None:
        if len(self.key) < 32 or self.seconds < 1:
            raise ValueError("a key of 32 bytes or more, and a second or more")

    def current(self, now: float) -> str:
        """What to send now."""
        return self._of(int(now // self.seconds))

    def counts(self, nonce: str, now: float) -> bool:
        """Whether it is ours and not too old."""
        stretch = int(now // self.seconds)
        given = nonce.encode()
        return any(hmac.compare_digest(self._of(each).encode(), given) for each in (stretch, stretch - 1))

    def _of(self, stretch: int) -> str:
        return encode(hmac.digest(self.key, b"dpop nonce %d" % stretch, hashlib.sha256)[:18])
