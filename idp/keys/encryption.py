"""Encrypting to a portal's key (JWE, RFC 7516), by joserfc.

Key agreement and OAEP only: RSA1_5 tells an attacker too much (RFC 8725 §3.2), and `zip` would let the length of a
token tell what is in it (§3.6). Nothing here decrypts: no portal sends us anything encrypted.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Self

from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

_OF_EC: Final = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
_OF_RSA: Final = ("RSA-OAEP-256",)


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A public key to encrypt to, and the algorithms that it is for."""

    key: ECKey | RSAKey = field(repr=False)
    kid: str | None
    algorithms: tuple[str, ...]

    @classmethod
    def of(cls, key: ECKey | OKPKey | RSAKey, kid: str | None, algorithm: str | None) -> Self | None:
        """None for a key that cannot be encrypted to. `algorithm` is the only one, where the key names it."""
        if isinstance(key, OKPKey):
            return None
        able = _OF_EC if isinstance(key, ECKey) else _OF_RSA
        return cls(key, kid, tuple(name for name in able if algorithm in (None, name)))

    @staticmethod
    def is_meant_by(algorithm: str | None) -> bool:
        """Whether a key that names this algorithm is to be encrypted to, and not one that signs."""
        return algorithm in (*_OF_EC, *_OF_RSA)

    def fits(self, algorithm: str) -> bool:
        """Whether it is for that `alg`."""
        return algorithm in self.algorithms

    def encrypt(self, content: bytes, *, algorithm: str, encryption: str, holds_jwt: bool) -> str:
        """A compact JWE. `holds_jwt` says that the content is a JWT itself (RFC 7519 §5.2). Blocks for 60 to 150 µs.

        The key is for `algorithm` (`fits`), and the registration of its portal was taken with both.
        """
        header: dict[str, Any] = {"alg": algorithm, "enc": encryption}
        header |= {"kid": self.kid} if self.kid else {}
        header |= {"cty": "JWT"} if holds_jwt else {"typ": "JWT"}
        return jwe.encrypt_compact(header, content, self.key, algorithms=[algorithm, encryption])
