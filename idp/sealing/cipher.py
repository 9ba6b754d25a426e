"""AES-256-GCM under the data keys of one purpose.

A sealed value is: version (1 byte), generation of the data key (2), salt (8), nonce (12), ciphertext with tag (16 more
than the plain text). The key that encrypts is HMAC-SHA-256(data key, salt); a process draws a salt when it starts and
a new one after 2^24 values. Random nonces are good for 2^32 values under one key (NIST SP 800-38D §8.3), which the
cookies of a country reach in months; so no key ever comes near it, and each is parsed once.
"""

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.sealing.macs import Mac

_VERSION = b"\x01"
_SALT_END = 11
_NONCE_END = 23
_SHORTEST = _NONCE_END + 16
_VALUES_UNDER_ONE_SALT = 1 << 24
_SALTS_REMEMBERED = 4096


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved to another place, or sealed under keys we do not have.

    A bug or tampering, not a refusal. It carries nothing of the value.
    """


class Cipher:
    """Seals and opens for one purpose. `keys` are data keys of 32 bytes by generation; `current` seals."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        self._macs = {generation: Mac(key, label="seal") for generation, key in keys.items()}
        self._generation = current
        self._opened: dict[bytes, AESGCM] = {}
        self._draw_salt()

    def _draw_salt(self) -> None:
        header = _VERSION + self._generation.to_bytes(2) + os.urandom(8)
        key = self._opened[header] = self._key_under(header)
        # Header and key change together: another thread may be sealing.
        self._sealing = header, key
        self._left = _VALUES_UNDER_ONE_SALT

    def _key_under(self, header: bytes) -> AESGCM:
        mac = self._macs.get(int.from_bytes(header[1:3]))
        if mac is None:
            raise SealBroken("sealed under a data key that is not in this database")
        return AESGCM(mac.of(header))

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Encrypt; the same `bound` must be given to open."""
        self._left -= 1
        if self._left < 0:
            self._draw_salt()
        header, key = self._sealing
        nonce = os.urandom(12)
        return header + nonce + key.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Decrypt, or raise `SealBroken`, whatever the bytes are."""
        if len(sealed) < _SHORTEST or sealed[:1] != _VERSION:
            raise SealBroken("not a sealed value")
        header = sealed[:_SALT_END]
        known = self._opened.get(header)
        key = known or self._key_under(header)
        try:
            plain = key.decrypt(sealed[_SALT_END:_NONCE_END], sealed[_NONCE_END:], bound)
        except InvalidTag:
            raise SealBroken("changed, or not sealed for this place") from None
        if known is None:
            self._remember(header, key)
        return plain

    def _remember(self, header: bytes, key: AESGCM) -> None:
        # Only headers that opened something come here, so a stranger's cookies cannot push ours out.
        if len(self._opened) >= _SALTS_REMEMBERED:
            self._opened.clear()
        self._opened[header] = key
