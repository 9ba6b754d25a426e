"""A compact JWS (RFC 7515 §7.1), read as strictly as it can be: one token has exactly one text.

Padded or otherwise alternative base64, repeated members, text that is not UTF-8 and anything after the end are
refused, and so is every header that would choose a key or change how the rest is read (RFC 8725 §3.10, T-09).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

import orjson
from cryptography.exceptions import InvalidSignature

from idp.keys.algorithms import Verify, called
from idp.keys.token_invalid import TokenInvalid

LONGEST = 8192
"""Characters of a token. A longer one is not looked at."""

LONGEST_HEADER = 1024
"""Characters of its header, where no key is in it."""

# Keys or certificates that the sender brings or points to, extensions that must be understood, a body that is not
# base64, compression and encryption.
_REFUSED_MEMBERS = frozenset({"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc"})


@dataclass(frozen=True, slots=True)
class Compact:
    """A token taken apart. Nothing of it is proven until `check_signature` has returned."""

    algorithm: str
    kid: str | None
    typ: str | None
    signed: bytes
    signature: bytes
    payload: bytes

    @classmethod
    def read(cls, token: str) -> Self:
        """Raises `TokenInvalid` for anything that is not a token, whatever it is."""
        if len(token) > LONGEST:
            raise TokenInvalid("too_long")
        return cls(*_taken_apart(token))

    def check_signature(self, verify: Verify) -> None:
        """Raises `TokenInvalid` unless the key that `verify` stands for signed it."""
        try:
            verify(self.signature, self.signed)
        except InvalidSignature:
            raise TokenInvalid("signature") from None


# Whoever looks for its key reads a token, and whoever checks it does again.
@lru_cache(maxsize=8)
def _taken_apart(token: str) -> tuple[str, str | None, str | None, bytes, bytes, bytes]:
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenInvalid("not_three_parts")
    if len(parts[0]) > LONGEST_HEADER:
        raise TokenInvalid("a_header_that_is_too_long")
    header, payload, signature = _header(parts[0]), decode(parts[1]), decode(parts[2])
    return *header, token.rpartition(".")[0].encode(), signature, payload


# Few headers are ever seen, each of them many times.
@lru_cache(maxsize=256)
def _header(part: str) -> tuple[str, str | None, str | None]:
    members = read_object(decode(part))
    if not _REFUSED_MEMBERS.isdisjoint(members):
        raise TokenInvalid("a_header_that_is_not_allowed")
    algorithm, kid, typ = members.get("alg"), members.get("kid"), members.get("typ")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None) or not isinstance(typ, str | None):
        raise TokenInvalid("a_header_of_the_wrong_type")
    return called(algorithm), kid, typ


def unverified_claims(token: str) -> dict[str, Any]:
    """What a token says of itself, proven by nothing: only to find out whose keys to verify it with."""
    return read_object(Compact.read(token).payload)


def encode(data: bytes) -> bytes:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=")


def decode(part: str) -> bytes:
    """The bytes of a base64url text without padding; raises `TokenInvalid` for any but their one text."""
    try:
        text = part.encode("ascii")
        data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        raise TokenInvalid("not_base64url") from None
    # The decoder skips what it does not know and forgives stray bits at the end.
    if encode(data) != text:
        raise TokenInvalid("not_the_one_base64url_text_of_its_bytes")
    return data


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 whose members are unique at every depth; raises `TokenInvalid`."""
    try:
        orjson.loads(data)  # knows UTF-8, lone surrogates, infinities and bounds the depth, but not repetition
        value = _DECODER.decode(data.decode())
    except (ValueError, RecursionError):
        raise TokenInvalid("not_json") from None
    if not isinstance(value, dict):
        raise TokenInvalid("not_a_json_object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_without_repetition)  # to make one takes as long as to use it
