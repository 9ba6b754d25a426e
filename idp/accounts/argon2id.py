"""argon2id by two libraries that know the same hashes: argon2-cffi makes them, libsodium checks them.

Checking is what a sign-in waits for. libsodium uses the vector instructions that the machine has, argon2-cffi those
that every machine has: a fifth less of the costliest step there is, measured in `make bench`.
"""

import errno
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from nacl._sodium import ffi
from nacl.bindings import crypto_pwhash_str_verify
from nacl.exceptions import CryptoError

_PREFIX: Final = b"$argon2id$"


class Argon2id(PasswordHasher):
    """A `PasswordHasher` that checks faster."""

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  (argon2's own signature)
        """True, or raises `VerifyMismatchError` for another password.

        Raises `VerificationError` or `InvalidHashError` where nothing was compared, because there is no memory or the
        hash is none: a right password must not count as a wrong one.
        """
        stored = _bytes(hash)
        if not stored.startswith(_PREFIX):
            raise InvalidHashError
        ffi.errno = 0
        try:
            crypto_pwhash_str_verify(stored, _bytes(password))
        except CryptoError:
            # libsodium says why by errno alone (crypto_pwhash_argon2id.c).
            raise (VerifyMismatchError if ffi.errno == errno.EINVAL else VerificationError) from None
        return True


HASHER: Final = Argon2id(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB, two passes: 16 ms of one core to check, measured."""


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
