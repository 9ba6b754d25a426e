"""The keys that sign trust lists: private ones in an operator's file, public ones in the provider's settings."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


def make(file: Path) -> Ed25519PublicKey:
    """Write a new private key, readable by its owner alone; raises `FileExistsError`. Returns the public key."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(pem)
    return key.public_key()


def load(file: Path) -> Ed25519PrivateKey:
    """The private key in a file; raises `OSError`, or `ValueError` for whatever is no such key, or is encrypted."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("not an Ed25519 key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key


def as_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in IDP_TRUST_KEYS: 43 characters of base64url."""
    return urlsafe_b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).rstrip(b"=").decode()


def from_texts(texts: Iterable[str]) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of IDP_TRUST_KEYS."""
    return tuple(Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(f"{text}=")) for text in texts)
