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

from idp.errors import Kind, Refusal
from idp.keys.algorithms import PrivateKey, generate, signer
from idp.keys.compact import encode
from idp.keys.key_material import KeyMaterial
from idp.portal_tests.lies import Signature
from idp.portals.portal import Portal
from idp.sealing import Keyring

FIRST: Final = 0
NEXT: Final = 1
FOREIGN: Final = 2
_COUNT: Final = 3
_PLACE: Final = {"table": "portal_tests", "column": "sealed_keys"}
_SIGNED_WITH: Final[Mapping[Signature, int]] = {"right": FIRST, "next": NEXT, "foreign": FOREIGN, "unknown": FOREIGN}


class RegisteredAnew(Refusal):
    """The portal's registration has changed since its test began: it wants signatures that the test has no key for.

    Operator: begin another test.
    """

    code = "portal_test_registered_anew"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class RunKeys:
    """Three of one algorithm: the first, the one that comes after it, and one that is never published.

    `others` sign what the portal registered to have signed by another algorithm than its ID tokens.
    """

    algorithm: str
    keys: tuple[KeyMaterial, ...] = field(repr=False)
    others: tuple[KeyMaterial, ...] = field(repr=False)

    @classmethod
    async def make(cls, portal: Portal) -> Self:
        """Fresh ones, as it registered; RSA takes its time, on a thread."""
        algorithm = portal.id_token_signed_response_alg
        further = {portal.userinfo_signed_response_alg, portal.authorization_signed_response_alg} - {None, algorithm}
        keys = [await _fresh(algorithm) for _ in range(_COUNT)]
        return cls(algorithm, tuple(keys), tuple([await _fresh(each) for each in sorted(filter(None, further))]))

    def seal(self, keyring: Keyring, row: UUID) -> bytes:
        """For the run's row."""
        stored = {
            "algorithm": self.algorithm,
            "keys": [_der(each) for each in self.keys],
            "others": {each.algorithm: _der(each) for each in self.others},
        }
        return keyring.seal_json(stored, row=row, **_PLACE)

    @classmethod
    def open(cls, keyring: Keyring, sealed: bytes, row: UUID) -> Self:
        """What `seal` sealed; raises `SealBroken`."""
        stored = keyring.open_json(sealed, row=row, **_PLACE)
        algorithm, others = stored["algorithm"], stored.get("others", {})  # not in rows of the release before
        return cls(
            algorithm,
            tuple(_material(algorithm, der) for der in stored["keys"]),
            tuple(_material(*each) for each in others.items()),
        )

    def jwks(self, published: int) -> dict[str, Any]:
        """The first `published` of them, and the others, in public (RFC 7517 §5)."""
        return {"keys": [each.public_jwk() for each in (*self.keys[:published], *self.others)]}

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        algorithm: str | None = None,
        typ: str | None = None,
        signature: Signature = "right",
    ) -> str:
        """A compact JWS, signed as the step wants it; with an `algorithm`, by the key of that one.

        Raises `RegisteredAnew` where the run has no such key.
        """
        header: dict[str, Any] = {"typ": typ} if typ else {}
        if algorithm not in (None, self.algorithm):
            other = next((each for each in self.others if each.algorithm == algorithm), None)
            if other is None:
                raise RegisteredAnew
            return _signed(other, other, header, claims)
        if signature == "none":
            return (_joined({"alg": "none", **header}, claims) + b".").decode()
        key = self.keys[_SIGNED_WITH[signature]]
        named = self.keys[FIRST] if signature == "foreign" else key
        return _signed(key, named, header, claims)


async def _fresh(algorithm: str) -> KeyMaterial:
    return KeyMaterial(algorithm, await asyncio.to_thread(generate, algorithm))


def _der(key: KeyMaterial) -> str:
    return key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()


def _material(algorithm: str, der: str) -> KeyMaterial:
    return KeyMaterial(algorithm, cast(PrivateKey, load_der_private_key(bytes.fromhex(der), None)))


def _signed(key: KeyMaterial, named: KeyMaterial, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    signed = _joined({"alg": key.algorithm, "kid": named.public_jwk()["kid"], **header}, claims)
    return (signed + b"." + encode(signer(key.algorithm, key.private_key)(signed))).decode()


def _joined(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    return encode(orjson.dumps(header)) + b"." + encode(orjson.dumps(claims))
