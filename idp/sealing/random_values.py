"""Values nobody can guess, and the digest under which they are stored."""

import hashlib
import secrets


def random_value(prefix: str) -> str:
    """`prefix` and 256 random bits in base64url: `s_…`, 43 characters after the prefix."""
    return prefix + secrets.token_urlsafe(32)


def digest(value: str) -> bytes:
    """SHA-256, 32 bytes, of a value that is itself random. Never of anything that can be guessed.

    Any text has a digest, also a broken one that a stranger sent (lone surrogates).
    """
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
