"""Name and secret out of an Authorization header (RFC 6749 §2.3.1)."""

from base64 import b64decode
from urllib.parse import unquote_plus


def read_basic(authorization: str) -> tuple[str, str]:
    """`client_id` and secret; raises `ValueError` with the fault as a word for the record."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise ValueError("not_basic")
    try:
        identifier, colon, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
        # Both were form-encoded first, so that "+" is a space and ":" may stand in either.
        named = unquote_plus(identifier, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:  # bad base64, bytes that are no text, letters beyond ASCII in the header itself
        raise ValueError("unreadable_basic") from None
    if not colon:
        raise ValueError("basic_without_a_colon")
    return named
