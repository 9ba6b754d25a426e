"""A key as it is made, kept and shown: private and sealed, public as a JWK with a `kid` of our choice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast
from uuid import UUID

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.keys.algorithms import PrivateKey, generate
from idp.sealing import Keyring

_KINDS: Mapping[str, type[ECKey | OKPKey | RSAKey]] = {
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "RS256": RSAKey,
    "PS256": RSAKey,
}
_KID_LENGTH = 16  # characters of the thumbprint: 96 bits


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """One key pair and the algorithm it is for: never two algorithms with one key."""

    algorithm: str
    private_key: PrivateKey = field(repr=False)

    @classmethod
    def make(cls, algorithm: str) -> Self:
        """A fresh pair. Takes CPU time for RSA (`idp.keys.algorithms.generate`)."""
        return cls(algorithm, generate(algorithm))

    def public_jwk(self) -> dict[str, Any]:
        """As portals get it (RFC 7517): no private member, what it is for, and its `kid`.

        The `kid` is made of the key's thumbprint (RFC 7638), so that it is unique also against an earlier database
        under the same issuer, whose keys a portal may still remember.
        """
        pem = self.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        key = _KINDS[self.algorithm].import_key(pem)
        kid = key.thumbprint()[:_KID_LENGTH]
        return {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": self.algorithm}

    def seal(self, keyring: Keyring, row: UUID) -> bytes:
        """PKCS #8, for the row it will stand in."""
        der = self.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return keyring.seal(der, table="signing_keys", column="sealed_private_key", row=row)

    @classmethod
    def open(cls, keyring: Keyring, algorithm: str, sealed: bytes, row: UUID) -> Self:
        """What `seal` sealed; raises `SealBroken`."""
        der = keyring.open(sealed, table="signing_keys", column="sealed_private_key", row=row)
        # Nobody but us can have sealed it, so its primes need not be tested again (35 ms each).
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        return cls(algorithm, cast(PrivateKey, key))
