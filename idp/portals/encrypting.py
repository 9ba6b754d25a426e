"""The members of a portal's file by which ID tokens and userinfo are encrypted to it (OpenID Connect Registration
§2)."""

from collections.abc import Mapping
from typing import Any, Final

from idp.portals.entry import Entry
from idp.portals.public_keys import ENCRYPTION_ALGORITHMS, can_encrypt

ENCRYPTIONS: Final = ("A128CBC-HS256", "A128GCM", "A256GCM", "A256CBC-HS512")
"""How the content is encrypted (RFC 7518 §5). The first is what an `alg` without an `enc` means (§2)."""


def encryption(entry: Entry, jwks: Mapping[str, Any] | None) -> dict[str, Any]:
    """How each is encrypted, where the file says so. `jwks` are the keys that it registers."""
    return {**_of(entry, "id_token", jwks), **_of(entry, "userinfo", jwks)}


def _of(entry: Entry, what: str, jwks: Mapping[str, Any] | None) -> dict[str, Any]:
    alg, enc = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    algorithm, content = entry.choice(alg, ENCRYPTION_ALGORITHMS), entry.choice(enc, ENCRYPTIONS)
    if entry.has(enc) and not entry.has(alg):
        entry.fault(enc, f"means nothing without {alg}")
    if algorithm is None:
        return {}
    if jwks is not None and not any(can_encrypt(key, algorithm) for key in jwks["keys"]):
        entry.fault(alg, 'needs a key in jwks that is for it: use "enc", or this alg')
    elif not entry.has("jwks") and not entry.has("jwks_uri"):
        entry.fault(alg, "needs jwks or jwks_uri, with a key to encrypt to")
    return {alg: algorithm, enc: content or ENCRYPTIONS[0]}
