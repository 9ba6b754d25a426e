"""The keys that sign what portals read: made, published, rotated, retired; and the one way a JWT is ever verified.

`SigningKeys` is a process's copy of the keys in the database: it signs with the active key of an algorithm, verifies
our own tokens by `kid`, and has the JWKS document ready as bytes. `verify_jwt` is for JWTs that a portal signed.

A key is published before it signs, and stays published until the last token it signed has died (`rotation`). Nothing
ever picks a key at random, and no header of a token chooses anything but one of the keys that its reader offers. Only a
proof (`proofs`) brings a key of its own, and all that comes of it is which key that is.

The signing and the reading of compact tokens are our own, over `cryptography`: joserfc took 41 µs for an ES256
signature where this takes 26 (orjson in both), and reads more than a strict reader may (padding, repeated members,
headers that point to keys). joserfc makes and reads the JWKs, and the tests hold both to understanding each other.

Not here: data keys (idp.sealing), what goes into a token (idp.tokens), which keys a portal registered (idp.portals;
`protocol` brings them here as plain JWKs).
"""

from idp.keys.algorithms import ALGORITHMS, half_hash
from idp.keys.certificate_thumbprint import thumbprint
from idp.keys.compact import unverified_claims
from idp.keys.encryption import EncryptionKey
from idp.keys.portal_keys import PortalKeys, portal_keys, signed_claims, verify_jwt
from idp.keys.proofs import PROOF_ALGORITHMS, Proof, read_proof
from idp.keys.rotation import JWKS_LIFETIME
from idp.keys.signing_keys import SigningKeys
from idp.keys.token_invalid import TokenInvalid

__all__ = [
    "ALGORITHMS",
    "JWKS_LIFETIME",
    "PROOF_ALGORITHMS",
    "EncryptionKey",
    "PortalKeys",
    "Proof",
    "SigningKeys",
    "TokenInvalid",
    "half_hash",
    "portal_keys",
    "read_proof",
    "signed_claims",
    "thumbprint",
    "unverified_claims",
    "verify_jwt",
]
