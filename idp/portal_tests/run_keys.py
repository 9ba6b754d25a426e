"""The keys of one run: made for it, sealed in its row, gone with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from idp.keys.algorithms import PrivateKey, generate, signer
from idp.keys.compact import encode
from idp.keys.key_material import KeyMaterial
from idp.portal_tests.lies import Signature
from idp.sealing import Keyring

FIRST: Final = 0
NEXT: Final = 1
FOREIGN: Final = 2
_COUNT: Final = 3
_PLACE: Final = {"table": "portal_tests", "column": "sealed_keys"}
_SIGNED_WITH: Final[Mapping[Signature, int]] = {"right": FIRST, "next": NEXT, "foreign": FOREIGN, "unknown": FOREIGN}


@dataclass(frozen=True, slots=True)
class RunKeys:
    """Three of one algorithm: the first, the one that comes after it, and one that is never published."""

    algorithm: str
    keys: tuple[KeyMaterial, ...] = field(repr=False)

    @classmethod
    async def make(cls, algorithm: str) -> Self:
        """Fresh ones; RSA takes its time, on a thread."""
        private = [await asyncio.to_thread(generate, algorithm) for _ in range(_COUNT)]
        return cls(algorithm, tuple(KeyMaterial(algorithm, key) for key in private))

    def seal(self, keyring: Keyring, row: UUID) -> bytes:
        """For the run's row."""
        ders = [
            each.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()
            for each in self.keys
        ]
        return keyring.seal_json({"algorithm": self.algorithm, "keys": ders}, row=row, **_PLACE)

    @classmethod
    def open(cls, keyring: Keyring, sealed: bytes, row: UUID) -> Self:
        """What `seal` sealed; raises `SealBroken`."""
        stored = keyring.open_json(sealed, row=row, **_PLACE)
        algorithm = stored["algorithm"]
        keys = (load_der_private_key(bytes.fromhex(der), None) for der in stored["keys"])
        return cls(algorithm, tuple(KeyMaterial(algorithm, cast(PrivateKey, key)) for key in keys))

    def jwks(self, published: int) -> dict[str, Any]:
        """The first `published` of them, in public (RFC 7517 §5)."""
        return {"keys": [each.public_jwk() for each in self.keys[:published]]}

    def sign(self, claims: Mapping[str, Any], *, typ: str | None = None, signature: Signature = "right") -> str:
        """A compact JWS, signed as the step wants it."""
        header: dict[str, Any] = {"typ": typ} if typ else {}
        if signature == "none":
            return (_joined({"alg": "none", **header}, claims) + b".").decode()
        key = self.keys[_SIGNED_WITH[signature]]
        named = self.keys[FIRST] if signature == "foreign" else key
        signed = _joined({"alg": self.algorithm, "kid": named.public_jwk()["kid"], **header}, claims)
        return (signed + b"." + encode(signer(self.algorithm, key.private_key)(signed))).decode()


def _joined(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    return encode(orjson.dumps(header)) + b"." + encode(orjson.dumps(claims))
