"""Encrypting what a portal is told of a person, to a key of that portal (OpenID Connect Core §10.2)."""

from functools import partial
from typing import Final, Protocol

from idp.key_sets.portal_key_sets import PAUSE, PortalKeySets
from idp.keys import PortalKeys
from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError

_RETRY: Final = {"retry-after": str(int(PAUSE.total_seconds()))}


class Seal(Protocol):
    """Makes a JWE of something for one portal."""

    def __call__(self, content: bytes, *, holds_jwt: bool) -> str:
        """`holds_jwt` where it is a signed JWT."""


class Seals:
    """Finds the key of a portal before anything is done that cannot be done twice."""

    def __init__(self, key_sets: PortalKeySets) -> None:
        self._key_sets = key_sets

    def of_id_tokens(self, portal: Portal) -> Seal | None:
        """None for a portal that did not register it. In a unit: `PortalKeySets.prepare` was called before.

        Raises `OAuthError` where there is no key to encrypt to just now.
        """
        algorithm, encryption = portal.id_token_encrypted_response_alg, portal.id_token_encrypted_response_enc
        if algorithm is None or encryption is None:
            return None
        return _seal(self._key_sets.of(portal), algorithm, encryption)

    async def of_userinfo(self, portal: Portal) -> Seal | None:
        """The same for userinfo, outside of units: fetches the portal's keys where that is due."""
        algorithm, encryption = portal.userinfo_encrypted_response_alg, portal.userinfo_encrypted_response_enc
        if algorithm is None or encryption is None:
            return None
        return _seal(await self._key_sets.ready(portal, algorithm), algorithm, encryption)


def _seal(keys: PortalKeys, algorithm: str, encryption: str) -> Seal:
    key = keys.to_encrypt_to(algorithm)
    if key is None:
        raise OAuthError(
            "temporarily_unavailable",
            "There is no key of yours to encrypt to",
            status=503,
            reason=keys.fault or "no_encryption_key",
            headers=_RETRY,
        )
    return partial(key.encrypt, algorithm=algorithm, encryption=encryption)
