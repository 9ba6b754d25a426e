"""The small portal in the profile `fapi2`: it pushes its requests, proves itself by a key, and binds its tokens."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.portal_tests.small_portal import Refused, SmallPortal
from tests.support.portal_file import KEY, portal_members

BOUND = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})


@dataclass
class StrictPortal(SmallPortal):
    """With the flaw `push` it puts its requests into the address, with `dpop` it binds nothing."""

    nonce: str = ""

    def members(self, **stated: Any) -> dict[str, Any]:
        plain = super().members()
        del plain["client_secret"], plain["profile"], plain["token_endpoint_auth_method"]
        client_id = plain.pop("client_id")
        return portal_members(client_id, profile="fapi2", **plain, **stated)

    def _asked(self, issuer: str, query: dict[str, str]) -> dict[str, str]:
        if "push" in self.flaws:
            return query
        answer = self._client.post(f"{issuer}/par", data=query | self._proof(issuer))
        assert answer.status_code == 201, answer.text
        return {"client_id": self.client_id, "request_uri": answer.json()["request_uri"]}

    def _proof(self, issuer: str) -> dict[str, str]:
        at = int(self.now().timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": issuer, "iat": at, "exp": at + 60}
        assertion = jwt.encode({"alg": "ES256", "kid": KEY.kid}, {**claims, "jti": secrets.token_hex(8)}, KEY)
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_id": self.client_id, "client_assertion_type": kind, "client_assertion": assertion}

    def _shown(self, method: str, address: str, token: str = "") -> dict[str, str]:
        """The DPoP header."""
        if "dpop" in self.flaws:
            return {}
        claims = {"htm": method, "htu": address, "iat": int(self.now().timestamp()), "jti": secrets.token_hex(8)}
        if self.nonce:
            claims["nonce"] = self.nonce
        if token:
            claims["ath"] = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": BOUND.as_dict(private=False)}
        return {"dpop": jwt.encode(header, claims, BOUND)}

    def _sent(self, method: str, address: str, token: str = "", **more: Any) -> httpx.Response:
        """Once more where the provider wants a newer nonce."""
        answer = None
        for _ in range(2):
            headers = {"authorization": f"{'Bearer' if 'dpop' in self.flaws else 'DPoP'} {token}"} if token else {}
            data = {"data": more["form"] | self._proof(more["issuer"])} if more else {}
            shown = self._shown(method, address, token)
            answer = self._client.request(method, address, headers=headers | shown, **data)
            if "dpop-nonce" not in answer.headers:
                break
            self.nonce = answer.headers["dpop-nonce"]
        assert answer is not None
        return answer

    def _tokens(self, issuer: str, form: dict[str, str]) -> dict[str, Any]:
        answer = self._sent("POST", f"{issuer}/token", form=form, issuer=issuer)
        if answer.status_code != 200:
            raise Refused("tokens")
        return dict(answer.json())

    def _userinfo(self, issuer: str, token: str) -> dict[str, Any]:
        return dict(self._sent("GET", f"{issuer}/userinfo", token).json())
