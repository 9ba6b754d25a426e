"""A checkpoint: how far the chain went at a moment and what it was there, signed.

Whoever can write to the database can make the whole chain anew from the row that they changed. A checkpoint that was
sent away before shows it: it has the chain's hash, and a mark of every row since the checkpoint before, so that the
first row that was changed can be named and not only the minute.

The signature is Ed25519 under a key of its own purpose, made of a data key of `idp.sealing`, and not by `idp.keys`:
this room stands below that one, a token's key is rotated where this one is pinned by auditors for years, and no token
must ever be signed by what signs the record, nor the other way about. It is over the line itself, so that any program
can verify it without agreeing with ours on how JSON is written: cut `,"signature":"…"` out, and verify what is left.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.sealing import Keyring, Purpose

MARK_BYTES = 8
"""Of each row's hash. To shift by a row what a verdict names, 2^64 forged rows would have to be tried."""

BEFORE_THE_FIRST = bytes(32)
"""What stands for the checkpoint before the first."""

LONGEST_LINE = 1 << 17

_VERSION = 1
_BEFORE_SIGNATURE = b',"signature":"'


class CheckpointUnfit(Exception):
    """A line is no checkpoint, or is not signed by a key that is trusted. The text says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`marks` are the first eight bytes of the hash of each row since the checkpoint before, up to `position`.

    `hash` is the chain's at `position`; `previous` is the fingerprint of the checkpoint before.
    """

    issuer: str
    sequence: int
    at: datetime
    position: int
    hash: bytes
    marks: bytes
    previous: bytes

    @property
    def rows(self) -> int:
        """How many rows it has marks of."""
        return len(self.marks) // MARK_BYTES

    @property
    def first(self) -> int:
        """The position of the first of them."""
        return self.position - self.rows + 1

    def signed_by(self, key: Ed25519PrivateKey) -> bytes:
        """One line of JSON, without its end of line."""
        statement = orjson.dumps(
            {
                "checkpoint": _VERSION,
                "issuer": self.issuer,
                "sequence": self.sequence,
                "at": self.at,
                "position": self.position,
                "hash": self.hash.hex(),
                "rows": self.rows,
                "marks": _text(self.marks),
                "previous": self.previous.hex(),
            }
        )
        return statement[:-1] + _BEFORE_SIGNATURE + _text(key.sign(statement)).encode() + b'"}'

    @classmethod
    def read(cls, line: bytes, trusted: Iterable[Ed25519PublicKey]) -> Self:
        """What a line says; raises `CheckpointUnfit` unless one of these keys has signed it, byte by byte."""
        statement = _signed_part(line, trusted)
        try:
            members: dict[str, Any] = orjson.loads(statement)
            if members["checkpoint"] != _VERSION:
                raise CheckpointUnfit("is of a version that this program does not know")
            found = cls(
                issuer=members["issuer"],
                sequence=members["sequence"],
                at=datetime.fromisoformat(members["at"]),
                position=members["position"],
                hash=bytes.fromhex(members["hash"]),
                marks=_bytes(members["marks"]),
                previous=bytes.fromhex(members["previous"]),
            )
        except (ValueError, KeyError, TypeError):
            raise CheckpointUnfit("is signed and yet no checkpoint") from None
        if found.rows != members["rows"]:
            raise CheckpointUnfit("is signed and yet no checkpoint")
        return found


def fingerprint(line: bytes) -> bytes:
    """By what the next checkpoint names this one: SHA-256 of its line with the signature."""
    return hashlib.sha256(line).digest()


def signing_key(keyring: Keyring) -> Ed25519PrivateKey:
    """The key of this installation. The same in every worker, and never stored: it is made of a data key."""
    return Ed25519PrivateKey.from_private_bytes(keyring.derive(Purpose.CHECKPOINTS, b"ed25519"))


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as auditors pin it: 43 characters of base64url."""
    return _text(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def public_key(text: str) -> Ed25519PublicKey:
    """The key of such a text; raises `ValueError` for any other."""
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def _signed_part(line: bytes, trusted: Iterable[Ed25519PublicKey]) -> bytes:
    head, _, tail = line.rpartition(_BEFORE_SIGNATURE)
    if not head or not tail.endswith(b'"}'):
        raise CheckpointUnfit("is no checkpoint, or was cut short")
    statement, written = head + b"}", tail[:-2]
    try:
        signature = _bytes(written.decode("ascii"))
    except ValueError:
        raise CheckpointUnfit("has no signature that can be read") from None
    for key in trusted:
        try:
            key.verify(signature, statement)
        except InvalidSignature:
            continue
        return statement
    raise CheckpointUnfit("was changed, or signed by another key")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises `ValueError` where it is not how `_text` writes it: one value has one text."""
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(value) != text:
        raise ValueError("not base64url")
    return value
