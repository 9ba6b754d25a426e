"""Encrypting to a portal under test what it registered to have encrypted (OpenID Connect Core §10.2)."""

from dataclasses import dataclass, field

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.keys import EncryptionKey
from idp.portals.portal import Portal


@dataclass(frozen=True, slots=True)
class Seal:
    """For one kind of answer. `algorithm` is None where it is not encrypted, `key` where the portal has none for it."""

    algorithm: str | None
    encryption: str | None
    key: EncryptionKey | None = field(default=None, repr=False)

    @property
    def lacks_key(self) -> bool:
        """Whether nothing can be told: the real provider tells nothing in clear then, either."""
        return self.algorithm is not None and self.key is None

    def close(self, content: str, *, holds_jwt: bool) -> str:
        """A JWE of it, or as it is where nothing is encrypted."""
        if self.key is None or self.algorithm is None or self.encryption is None:
            return content
        return self.key.encrypt(
            content.encode(), algorithm=self.algorithm, encryption=self.encryption, holds_jwt=holds_jwt
        )


async def of_id_tokens(key_sets: PortalKeySets, portal: Portal) -> Seal:
    """Fetches the portal's keys where that is due."""
    return await _seal(key_sets, portal, portal.id_token_encrypted_response_alg, portal.id_token_encrypted_response_enc)


async def of_userinfo(key_sets: PortalKeySets, portal: Portal) -> Seal:
    """The same for userinfo."""
    return await _seal(key_sets, portal, portal.userinfo_encrypted_response_alg, portal.userinfo_encrypted_response_enc)


async def _seal(key_sets: PortalKeySets, portal: Portal, algorithm: str | None, encryption: str | None) -> Seal:
    if algorithm is None:
        return Seal(None, None)
    keys = await key_sets.ready(portal, algorithm)
    return Seal(algorithm, encryption, keys.to_encrypt_to(algorithm))
