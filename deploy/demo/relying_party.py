"""Signing people in at the provider, by Authlib's Starlette client and the checks that it leaves to a portal.

Authlib sends and checks state, nonce and PKCE S256, redeems the code and verifies the ID token's signature and times.
Added here: the issuer of the answer (RFC 9207), the audience of the ID token, and one `sub` in ID token and userinfo.
"""

import ssl
import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response

from deploy.demo.portal_settings import PortalSettings

with warnings.catch_warnings():
    # Authlib 1.9 prefers httpx2 and says so at import; it works on httpx, which this project has.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth, OAuthError

LEEWAY_SECONDS = 10
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT = jwt.JWTClaimsRegistry(
    leeway=LEEWAY_SECONDS,
    iss={"essential": True},
    aud={"essential": True},
    exp={"essential": True},
    iat={"essential": True},
    jti={"essential": True},
)
SECONDS_TO_ANSWER = 10
# No connection, an error status, no JSON, or metadata without what is needed (Authlib raises the last two).
PROVIDER_FAULTS = (httpx.HTTPError, ValueError, KeyError, RuntimeError)


class SignInFailed(Exception):
    """A sign-in that did not come to its end. `code` names the sentence that the person reads."""

    code = "refused"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail


class ProviderUnreachable(SignInFailed):
    """The provider does not answer, or answers with nonsense."""

    code = "provider_unreachable"


class ProviderRefused(SignInFailed):
    """The provider answered with an OAuth error, which is `detail`."""

    code = "refused"


class NotAgreed(SignInFailed):
    """The person, or a rule of the provider, said no (`access_denied`)."""

    code = "access_denied"


class AnswerNotOurs(SignInFailed):
    """The browser brought an answer that this portal has not asked for, or has asked for too long ago."""

    code = "answer_not_ours"


class SignInUnknown(SignInFailed):
    """Somebody asks for a sign-in at a provider that this portal does not rely on."""

    code = "provider_unknown"


class AnswerNotGenuine(SignInFailed):
    """Issuer, audience, nonce, signature or person of the answer are not what they must be."""

    code = "answer_not_genuine"


@dataclass(frozen=True)
class LoggedOut:
    """Whose sessions have ended: one (`sid`), or all of a person. `issuer` is who says so."""

    issuer: str
    sub: str | None
    sid: str | None


@dataclass(frozen=True)
class SignedIn:
    """A person, as the provider says. `claims` are those of ID token and userinfo together.

    `over_at` is when the access token is over, by the clock of this process.
    """

    issuer: str
    claims: dict[str, Any]
    id_token: str
    access_token: str
    over_at: float
    refresh_token: str | None = None

    @property
    def needs_refresh(self) -> bool:
        """Whether new tokens are to be had, and needed."""
        return self.refresh_token is not None and time.monotonic() > self.over_at


class RelyingParty:
    """This portal at one provider."""

    def __init__(self, settings: PortalSettings, issuer: str) -> None:
        self._settings = settings
        self.issuer = issuer
        connection: dict[str, Any] = {"timeout": SECONDS_TO_ANSWER, "trust_env": False}
        if settings.ca:
            connection["verify"] = ssl.create_default_context(cafile=settings.ca)
        registry: Any = OAuth  # Authlib has no type hints
        self._client = registry().register(
            # What is kept while a person is away stands under this name: no two providers share it.
            issuer,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": settings.scope, "code_challenge_method": "S256", **connection},
        )

    async def begin(self, request: Request, language: str) -> Response:
        """Send the browser to the provider; what must be known at its return goes into the visitor's data."""
        try:
            await self._metadata(anew=True)
            redirect: Response = await self._client.authorize_redirect(
                request, self._settings.redirect_uri, ui_locales=language
            )
        except PROVIDER_FAULTS as error:
            raise ProviderUnreachable(type(error).__name__) from error
        return redirect

    async def finish(self, request: Request) -> SignedIn:
        """Turn the provider's answer into a person, or raise SignInFailed."""
        try:
            issuer = (await self._metadata())["issuer"]
            await self._check_answer(request, issuer)
            token = await self._client.authorize_access_token(
                request,
                claims_options={
                    "iss": {"essential": True, "value": issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                leeway=LEEWAY_SECONDS,
            )
            if "userinfo" not in token:
                raise AnswerNotGenuine("no ID token")
            about = await self._client.userinfo(token=token)
        except OAuthError as error:
            raise (NotAgreed if error.error == "access_denied" else ProviderRefused)(error.error) from error
        except JoseError as error:
            raise AnswerNotGenuine(type(error).__name__) from error
        except PROVIDER_FAULTS as error:
            raise ProviderUnreachable(type(error).__name__) from error
        identity = dict(token["userinfo"])
        if about.get("sub") != identity["sub"]:
            raise AnswerNotGenuine("userinfo is about another person")  # OpenID Connect Core §5.3.2
        return SignedIn(issuer, identity | dict(about), token["id_token"], **_lasting(token))

    async def refreshed(self, person: SignedIn) -> SignedIn:
        """The same person with new tokens (OpenID Connect Core §12); raises `ProviderRefused` where their session is
        over, and what `finish` raises."""
        try:
            metadata = await self._metadata()
            token = await self._client.fetch_access_token(
                grant_type="refresh_token", refresh_token=person.refresh_token
            )
            if "id_token" in token:
                read = await self._verified(token["id_token"], metadata["id_token_signing_alg_values_supported"])
                if any(read.claims.get(name) != person.claims[name] for name in ("iss", "sub", "aud")):
                    raise AnswerNotGenuine("the new ID token is about another person")
            return replace(person, **_lasting(token))
        except OAuthError as error:
            raise ProviderRefused(error.error) from error
        except JoseError as error:
            raise AnswerNotGenuine(type(error).__name__) from error
        except PROVIDER_FAULTS as error:
            raise ProviderUnreachable(type(error).__name__) from error

    async def end(self, request: Request, id_token: str, language: str) -> Response:
        """Send the browser to the provider's sign-out (OpenID Connect RP-Initiated Logout §2)."""
        try:
            await self._metadata(anew=True)
            redirect: Response = await self._client.logout_redirect(
                request,
                post_logout_redirect_uri=self._settings.post_logout_redirect_uri,
                id_token_hint=id_token,
                client_id=self._settings.client_id,
                ui_locales=language,
            )
        except PROVIDER_FAULTS as error:
            raise ProviderUnreachable(type(error).__name__) from error
        return redirect

    async def logged_out(self, token: str) -> LoggedOut:
        """Whom a logout token names (OpenID Connect Back-Channel Logout 1.0 §2.6), or raise SignInFailed."""
        try:
            metadata = await self._metadata()
            read = await self._verified(token, metadata["id_token_signing_alg_values_supported"])
            _LOGOUT.validate(read.claims)
        except JoseError as error:
            raise AnswerNotGenuine(type(error).__name__) from error
        except PROVIDER_FAULTS as error:
            raise ProviderUnreachable(type(error).__name__) from error
        claims, events = read.claims, read.claims.get("events")
        is_meant = claims["iss"] == metadata["issuer"] and claims["aud"] == self._settings.client_id
        is_of_this_kind = read.header.get("typ") == "logout+jwt" and "nonce" not in claims
        if not is_meant or not is_of_this_kind or not isinstance(events, dict) or _LOGOUT_EVENT not in events:
            raise AnswerNotGenuine("no logout token for this portal")
        if "sub" not in claims and "sid" not in claims:
            raise AnswerNotGenuine("a logout token of nobody")
        return LoggedOut(self.issuer, claims.get("sub"), claims.get("sid"))

    async def _verified(self, token: str, algorithms: list[str]) -> jwt.Token:
        """The token, with a signature of the provider's. A key that is not known is asked for once more."""
        try:
            keys = KeySet.import_key_set(await self._client.fetch_jwk_set())
            return jwt.decode(token, keys, algorithms=algorithms)  # noqa: TID251  (a portal; the caller checks the rest)
        except InvalidKeyIdError:
            keys = KeySet.import_key_set(await self._client.fetch_jwk_set(force=True))
            return jwt.decode(token, keys, algorithms=algorithms)  # noqa: TID251  (a portal; the caller checks the rest)

    async def _metadata(self, *, anew: bool = False) -> dict[str, Any]:
        """The discovery document; it must be about the issuer that was asked (Discovery §4.3).

        It is read `anew` before a person is sent away, so that a provider that is down is told of on a page of ours
        and not by the browser's own error.
        """
        if anew:
            self._client.server_metadata.pop("_loaded_at", None)
        metadata: dict[str, Any] = await self._client.load_server_metadata()
        if metadata.get("issuer") != self.issuer:
            metadata.clear()
            raise ProviderUnreachable("discovery is about another issuer")
        return metadata

    async def _check_answer(self, request: Request, issuer: str) -> None:
        """The answer belongs to this browser and comes from this provider, errors too (RFC 9207 §2.4)."""
        state = request.query_params.get("state", "")
        if not await self._client.framework.get_state_data(request.session, state):
            raise AnswerNotOurs
        promised = self._client.server_metadata.get("authorization_response_iss_parameter_supported", False)
        told = request.query_params.get("iss")
        if (promised or told is not None) and told != issuer:
            raise AnswerNotGenuine("the answer names another issuer")


def _lasting(token: dict[str, Any]) -> dict[str, Any]:
    """The tokens of an answer, and for how long."""
    expires_in = token.get("expires_in")
    lasts = expires_in if isinstance(expires_in, int) else float("inf")
    found = {"access_token": token["access_token"], "over_at": time.monotonic() + lasts}
    return found | ({"refresh_token": token["refresh_token"]} if "refresh_token" in token else {})
