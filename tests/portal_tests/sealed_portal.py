"""The small portal that has its userinfo signed, by another algorithm than its ID tokens, or encrypted as well."""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from tests.portal_tests.small_portal import Refused, SmallPortal

SEALED_TO = ECKey.generate_key("P-256", {"kid": "sealed-to", "use": "enc", "alg": "ECDH-ES"})


@dataclass
class SignedPortal(SmallPortal):
    """Takes userinfo that is signed by PS256, and nothing else."""

    def _userinfo(self, issuer: str, token: str) -> dict[str, Any]:
        answer = self._client.get(f"{issuer}/userinfo", headers={"authorization": f"Bearer {token}"})
        if answer.headers["content-type"] != "application/jwt":
            raise Refused("userinfo")
        try:
            opened = jws.deserialize_compact(self._opened(answer.text).encode(), self._keys[issuer], ["PS256"])
        except JoseError as error:
            raise Refused("userinfo") from error
        claims: dict[str, Any] = json.loads(opened.payload)
        if (claims["iss"], claims["aud"]) != (issuer, self.client_id) or claims["exp"] < self.now().timestamp():
            raise Refused("userinfo")
        return claims

    def _opened(self, token: str) -> str:
        return token


@dataclass
class SealedPortal(SignedPortal):
    """And encrypted to its key."""

    def _opened(self, token: str) -> str:
        plaintext = jwe.decrypt_compact(token, SEALED_TO).plaintext
        assert plaintext is not None
        return plaintext.decode()
