"""argon2id by two libraries that know the same hashes: argon2-cffi makes them, libsodium checks them.

Checking is what a sign-in waits for. libsodium uses the vector instructions that the machine has, argon2-cffi those
that every machine has.

Run as a program, this answers what `checking_processes` asks on its standard input. It imports nothing of the house, so
that such a process stays small.
"""

import errno
import signal
import socket
import struct
from io import BufferedIOBase
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from nacl._sodium import ffi
from nacl.bindings import crypto_pwhash_str_verify
from nacl.exceptions import CryptoError

# The four answers, a byte each.
RIGHT: Final = b"="
WRONG: Final = b"!"
NOT_CHECKED: Final = b"?"
NO_HASH: Final = b"#"

_PREFIX: Final = b"$argon2id$"
_LENGTHS: Final = struct.Struct("!II")


class Argon2id(PasswordHasher):
    """A `PasswordHasher` that checks faster."""

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  (argon2's own signature)
        """True, or raises `VerifyMismatchError` for another password.

        Raises `VerificationError` or `InvalidHashError` where nothing was compared, because there is no memory or the
        hash is none: a right password must not count as a wrong one.
        """
        stored = as_bytes(hash)
        if not stored.startswith(_PREFIX):
            raise InvalidHashError
        ffi.errno = 0
        try:
            crypto_pwhash_str_verify(stored, as_bytes(password))
        except CryptoError:
            # libsodium says why by errno alone (crypto_pwhash_argon2id.c).
            raise (VerifyMismatchError if ffi.errno == errno.EINVAL else VerificationError) from None
        return True


HASHER: Final = Argon2id(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB, two passes."""


def as_bytes(text: str | bytes) -> bytes:
    """Text as the libraries take it."""
    return text.encode() if isinstance(text, str) else text


def question(stored: bytes, password: bytes) -> bytes:
    """What `answer_questions` takes: the two lengths, then the hash and the password."""
    return _LENGTHS.pack(len(stored), len(password)) + stored + password


def answer_questions(asking: BufferedIOBase) -> None:
    """Answer each question with `RIGHT`, `WRONG`, `NOT_CHECKED` or `NO_HASH`, until there are no more."""
    while len(lengths := asking.read(_LENGTHS.size)) == _LENGTHS.size:
        stored, password = (asking.read(length) for length in _LENGTHS.unpack(lengths))
        asking.write(_answer(stored, password))
        asking.flush()


def _answer(stored: bytes, password: bytes) -> bytes:
    try:
        HASHER.verify(stored, password)
    except VerifyMismatchError:
        return WRONG
    except VerificationError:
        return NOT_CHECKED
    except InvalidHashError:
        return NO_HASH
    return RIGHT


if __name__ == "__main__":
    # A signal to the whole group is for the worker, which still needs answers; it closes the socket when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=0) as channel, channel.makefile("rwb") as stream:
        answer_questions(stream)
