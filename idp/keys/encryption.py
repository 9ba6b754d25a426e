"""Encrypting to a portal's key (JWE, RFC 7516), by joserfc.

Key agreement and OAEP only: RSA1_5 tells an attacker too much (RFC 8725 §3.2), and `zip` would let the length of a
token tell what is in it (§3.6). Nothing here decrypts: no portal sends us anything encrypted.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Self

from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

ENCRYPTION_ALGORITHMS: Final = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
"""How the content's key is agreed on or sent (RFC 7518 §4.3, §4.6)."""

CONTENT_ENCRYPTIONS: Final = ("A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512")
"""How the content is encrypted (RFC 7518 §5)."""

_OF_EC: Final = tuple(name for name in ENCRYPTION_ALGORITHMS if name.startswith("ECDH-ES"))
_ALLOWED: Final = (*ENCRYPTION_ALGORITHMS, *CONTENT_ENCRYPTIONS)


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
        able = _OF_EC if isinstance(key, ECKey) else ("RSA-OAEP-256",)
        return cls(key, kid, tuple(name for name in able if algorithm in (None, name)))

    def fits(self, algorithm: str) -> bool:
        """Whether it is for that `alg`."""
        return algorithm in self.algorithms

    def encrypt(self, content: bytes, *, algorithm: str, encryption: str, holds_jwt: bool) -> str:
        """A compact JWE. `holds_jwt` says that the content is a JWT itself (RFC 7519 §5.2). Blocks for 60 to 150 µs."""
        header: dict[str, Any] = {"alg": algorithm, "enc": encryption}
        header |= {"kid": self.kid} if self.kid else {}
        header |= {"cty": "JWT"} if holds_jwt else {"typ": "JWT"}
        return jwe.encrypt_compact(header, content, self.key, algorithms=_ALLOWED)
