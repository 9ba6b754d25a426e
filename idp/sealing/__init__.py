"""Secrets at rest: sealed columns and cookies, keyed indexes, codes too short to hash, values that only we can derive.

Two layers. The master key is in a file or the environment, never in the database; it wraps the data keys, which are
rows of `data_keys`, one a purpose. `Keyring.unlock` opens them once, at start; a master key of another installation
is refused there, before anything is served.

What is sealed is bound to where it stands (table, column, row), so a ciphertext moved elsewhere does not open.
Signing keys of tokens are not here (idp.keys); passwords are not sealed but hashed (idp.accounts). Every room that
keeps something personal or secret relies on this one.
"""

from idp.sealing.cipher import SealBroken
from idp.sealing.keyring import BlindIndex, Keyring
from idp.sealing.master_key import MasterKey, MasterKeyRefused
from idp.sealing.purposes import Purpose
from idp.sealing.random_values import digest, random_value
from idp.sealing.secrets import Secret

__all__ = [
    "BlindIndex",
    "Keyring",
    "MasterKey",
    "MasterKeyRefused",
    "Purpose",
    "SealBroken",
    "Secret",
    "digest",
    "random_value",
]
