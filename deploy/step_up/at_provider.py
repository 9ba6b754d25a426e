"""A portal at the provider: sending people there, redeeming what they bring back, renewing tokens, and using them."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from deploy.step_up.holding import Holding

# Outside of idp there is no idp.outbound; a portal calls its provider and the one API that it was told of.
Client = httpx.AsyncClient  # noqa: TID251  (a program of its own)

LEEWAY_SECONDS = 10
SECONDS_TO_ANSWER = 10


class Failed(Exception):
    """A sign-in or a call that came to nothing; the text says at what, and holds nothing that was sent."""


@dataclass(frozen=True)
class Asked:
    """What the portal keeps while the person is away. `path` is where they were going, `sub` who they were."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    path: str
    sub: str | None


@dataclass(frozen=True)
class Person:
    """Somebody signed in here, and the tokens for the API."""

    claims: dict[str, Any]
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)


@dataclass
class AtProvider:
    """One portal. `resource` is the API that its tokens are for; `clock` gives seconds of the epoch."""

    issuer: str
    client_id: str
    redirect_uri: str
    scope: str
    resource: str
    holding: Holding
    clock: Callable[[], float]
    client: httpx.AsyncClient = field(default_factory=lambda: Client(trust_env=False, timeout=SECONDS_TO_ANSWER))  # noqa: TID251  (a type)

    async def begin(self, path: str, sub: str | None, wanted: Mapping[str, str]) -> tuple[str, Asked]:
        """Where to send the browser. `wanted` are `acr_values` and `max_age`, as an API asked for them."""
        asked = Asked(secrets.token_urlsafe(16), secrets.token_urlsafe(16), secrets.token_urlsafe(48), path, sub)
        request = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "resource": self.resource,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": _base64url(hashlib.sha256(asked.verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **wanted,
        }
        metadata = await self._metadata()
        if self.holding.pushes:
            pushed = await self._post(metadata["pushed_authorization_request_endpoint"], request)
            request = {"client_id": self.client_id, "request_uri": str(pushed["request_uri"])}
        return f"{metadata['authorization_endpoint']}?{urlencode(request)}", asked

    async def finish(self, asked: Asked, answer: Mapping[str, str]) -> Person:
        """Redeem what came back to the callback (RFC 9207 §2.4 first); raises `Failed`."""
        if answer.get("iss") != self.issuer or answer.get("state") != asked.state:
            raise Failed("an answer to something else")
        if "code" not in answer:
            raise Failed("the provider said no")
        fields = {"code": answer["code"], "redirect_uri": self.redirect_uri, "code_verifier": asked.verifier}
        tokens = await self._tokens({"grant_type": "authorization_code"} | fields)
        claims = await self._verified(str(tokens.get("id_token")), asked.nonce)
        return Person(claims, tokens["access_token"], tokens.get("refresh_token"))

    async def renewed(self, person: Person) -> Person:
        """The same person with fresh tokens: no better and no fresher sign-in comes of it. Raises `Failed`."""
        if person.refresh_token is None:
            raise Failed("nothing to renew with")
        tokens = await self._tokens({"grant_type": "refresh_token", "refresh_token": person.refresh_token})
        return Person(person.claims, tokens["access_token"], tokens.get("refresh_token", person.refresh_token))

    async def call(self, path: str, person: Person) -> httpx.Response:
        """GET from the API, repeated once where it asks for a nonce; raises `Failed`."""
        url = f"{self.resource}{path}"
        try:
            for _ in range(2):
                proof = self.holding.proof("GET", url, self.clock(), person.access_token)
                answer = await self.client.get(url, headers=proof)
                is_new = self.holding.heed(url, answer.headers.get("dpop-nonce"))
                if answer.status_code != 401 or not is_new:
                    break
        except httpx.HTTPError as error:
            raise Failed("the API does not answer") from error
        return answer

    async def _tokens(self, fields: Mapping[str, str]) -> dict[str, Any]:
        tokens = await self._post((await self._metadata())["token_endpoint"], fields)
        if not isinstance(tokens.get("access_token"), str):
            raise Failed("no access token")
        return tokens

    async def _post(self, url: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """A form to the provider, repeated once where it asks for a nonce."""
        try:
            for _ in range(2):
                more, headers = self.holding.authentication(self.client_id, self.issuer, self.clock())
                headers |= self.holding.proof("POST", url, self.clock())
                answer = await self.client.post(url, data={**fields, **more}, headers=headers)
                is_new = self.holding.heed(url, answer.headers.get("dpop-nonce"))
                if answer.status_code != 400 or not is_new:
                    break
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Failed("the provider does not answer") from error
        if not answer.is_success or not isinstance(told, dict):
            raise Failed("the provider said no")
        return told

    async def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token for this very sign-in (OpenID Connect Core §3.1.3.7)."""
        checks = jwt.JWTClaimsRegistry(
            now=int(self.clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            published = (await self.client.get((await self._metadata())["jwks_uri"])).json()
            read = jwt.decode(id_token, KeySet.import_key_set(published), algorithms=["ES256"])  # noqa: TID251  (a portal; the rest is checked below)
            checks.validate(read.claims)
        except (JoseError, ValueError, KeyError, httpx.HTTPError) as error:
            raise Failed("an ID token that is not genuine") from error
        return dict(read.claims)

    async def _metadata(self) -> dict[str, Any]:
        try:
            found = (await self.client.get(f"{self.issuer}/.well-known/openid-configuration")).json()
        except (httpx.HTTPError, ValueError) as error:
            raise Failed("the provider does not answer") from error
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            raise Failed("discovery is about another issuer")
        return found


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
