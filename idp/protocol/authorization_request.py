"""What a portal asked for at /authorize, read once into a frozen value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError
from idp.protocol.claims_request import ClaimsRequest
from idp.protocol.legacy_requests import as_meant, nonce_where_no_pkce
from idp.protocol.token_target import check_resources
from idp.tokens import claims
from idp.tokens.pushed import PushedRequest

RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_KNOWN_SCOPES = frozenset(claims.BY_SCOPE)
_MOST_LEVELS = 10
_SECONDS = re.compile(r"[0-9]{1,9}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")

Fields = Mapping[str, str]
Check = Callable[[Fields, Portal], None]


def nothing_is_elsewhere(fields: Fields, portal: Portal) -> None:  # noqa: ARG001  (every check is asked alike)
    """What a request points to is taken from nowhere but here: OpenID Connect Core §6 and §7 name the errors."""
    if "request_uri" in fields:
        raise OAuthError("request_uri_not_supported", "Push the request here instead (RFC 9126)")
    if "registration" in fields:
        raise OAuthError("registration_not_supported", "Portals are registered beforehand")


def response_type_is_code(fields: Fields, portal: Portal) -> None:
    """Only the code flow: no token ever travels through a browser (RFC 9700 §2.1.2)."""
    if not fields.get("response_type"):
        raise OAuthError("invalid_request", "The parameter response_type is missing")
    if fields["response_type"] != "code":
        raise OAuthError("unsupported_response_type", "Only response_type=code is supported")
    if "authorization_code" not in portal.grant_types:
        raise OAuthError("unauthorized_client", "This portal is not registered for sign-in")


def response_mode_is_known(fields: Fields, portal: Portal) -> None:  # noqa: ARG001  (every check is asked alike)
    """Query, or a form that the browser posts; either of them may be signed (JARM)."""
    if fields.get("response_mode", "query") not in RESPONSE_MODES:
        raise OAuthError("invalid_request", f"response_mode must be one of {', '.join(RESPONSE_MODES)}")


def scope_is_registered(fields: Fields, portal: Portal) -> None:
    """What is known must be registered for this portal; what is unknown is left aside (OpenID Connect Core
    §3.1.2.1)."""
    asked = set(fields.get("scope", "").split())
    if not asked & portal.scopes:
        raise OAuthError("invalid_scope", "No scope of this portal was asked for")
    if (asked & _KNOWN_SCOPES) - portal.scopes:
        raise OAuthError("invalid_scope", "A scope was asked for that this portal is not registered for")


def pkce_is_s256(fields: Fields, portal: Portal) -> None:
    """A challenge for every profile but the old one; the method said, and only S256 (RFC 7636, RFC 9700 §2.1.1)."""
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if challenge is None and method is None and not portal.needs_pkce:
        return
    if challenge is None:
        raise OAuthError("invalid_request", "PKCE is required: code_challenge is missing")
    if method != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge is not a SHA-256 in base64url")


def prompt_is_known(fields: Fields, portal: Portal) -> None:  # noqa: ARG001  (every check is asked alike)
    """`none` stands alone."""
    asked = fields.get("prompt", "").split()
    if not PROMPTS.issuperset(asked):
        raise OAuthError("invalid_request", "prompt has a value that is not known")
    if "none" in asked and len(asked) > 1:
        raise OAuthError("invalid_request", "prompt=none stands alone")


def max_age_is_seconds(fields: Fields, portal: Portal) -> None:  # noqa: ARG001  (every check is asked alike)
    """A whole number of seconds."""
    value = fields.get("max_age", "0")
    if not _SECONDS.fullmatch(value):
        raise OAuthError("invalid_request", "max_age must be a number of seconds")


def key_is_a_thumbprint(fields: Fields, portal: Portal) -> None:  # noqa: ARG001  (every check is asked alike)
    """Of the key that the code will be bound to (RFC 9449 §10)."""
    if "dpop_jkt" in fields and not _THUMBPRINT.fullmatch(fields["dpop_jkt"]):
        raise OAuthError("invalid_request", "dpop_jkt is not the SHA-256 thumbprint of a key")


CHECKS: tuple[Check, ...] = (
    nothing_is_elsewhere,
    response_type_is_code,
    response_mode_is_known,
    scope_is_registered,
    pkce_is_s256,
    nonce_where_no_pkce,
    prompt_is_known,
    max_age_is_seconds,
    key_is_a_thumbprint,
)
"""In this order; the portal and its redirect address were found good before, so every refusal may return there."""


def _check(fields: Fields, portal: Portal) -> None:
    for check in CHECKS:
        try:
            check(fields, portal)
        except OAuthError as refusal:
            refusal.reason = check.__name__
            raise


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that passed every check.

    `scope` is what the portal asked for and is registered for. `claims` are single ones it may have. `expected_sub`
    is whom an `id_token_hint` or a `sub` claim demands. `resources` are APIs of others that it will call. `pushed`
    names the row of a request that was pushed: it holds all of it, and is spent by the answer.
    """

    client_id: str
    redirect_uri: str
    response_mode: str
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    claims: ClaimsRequest
    expected_sub: str | None
    login_hint: str | None
    ui_locales: str | None
    acr_values: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    dpop_jkt: str | None = None
    pushed: bytes | None = None

    @classmethod
    def read(
        cls,
        fields: Fields,
        portal: Portal,
        *,
        hinted_sub: str | None,
        issuer: str,
        pushed: PushedRequest | None = None,
    ) -> Self:
        """Check and read; raises `OAuthError`. What was pushed is read like any other: the portal may have changed."""
        fields = as_meant(fields, portal)
        _check(fields, portal)
        asked = ClaimsRequest.read(fields.get("claims"))
        max_age = fields.get("max_age")
        return cls(
            client_id=portal.client_id,
            redirect_uri=fields["redirect_uri"],
            response_mode=fields.get("response_mode", "query"),
            scope=tuple(value for value in dict.fromkeys(fields["scope"].split()) if value in portal.scopes),
            state=fields.get("state"),
            nonce=fields.get("nonce"),
            code_challenge=fields.get("code_challenge"),
            prompt=frozenset(fields.get("prompt", "").split()),
            max_age=portal.default_max_age if max_age is None else int(max_age),
            claims=ClaimsRequest(
                userinfo=claims.allowed(asked.userinfo, portal.scopes),
                id_token=claims.allowed(asked.id_token, portal.scopes),
                sub=asked.sub,
                essential_acr=asked.essential_acr,
            ),
            expected_sub=hinted_sub or asked.sub,
            login_hint=fields.get("login_hint"),
            ui_locales=fields.get("ui_locales"),
            acr_values=tuple(fields.get("acr_values", "").split()[:_MOST_LEVELS]),
            resources=check_resources(fields.get("resource"), portal, issuer=issuer),
            dpop_jkt=pushed.dpop_jkt if pushed and pushed.dpop_jkt else fields.get("dpop_jkt"),
            pushed=pushed.key if pushed else None,
        )

    def stored(self) -> dict[str, Any]:
        """As JSON members for an attempt, in few letters: they travel in a cookie. One that was pushed stays where it
        is."""
        if self.pushed is not None:
            return {"q": self.pushed.hex()} | ({"l": self.ui_locales} if self.ui_locales else {})
        members = {
            "r": self.redirect_uri,
            "m": self.response_mode,
            "s": self.state,
            "n": self.nonce,
            "k": self.code_challenge,
            "p": sorted(self.prompt),
            "a": self.max_age,
            "u": self.claims.userinfo,
            "i": self.claims.id_token,
            "c": self.claims.essential_acr,
            "e": self.expected_sub,
            "h": self.login_hint,
            "l": self.ui_locales,
            "v": self.acr_values,
            "j": self.dpop_jkt,
        }
        return {name: value for name, value in members.items() if value or value == 0}

    @classmethod
    def restore(
        cls, members: Mapping[str, Any], portal: Portal, *, scope: tuple[str, ...], resources: tuple[str, ...]
    ) -> Self:
        """From what `stored` gave; it was sealed, so it is not checked again."""
        asked = ClaimsRequest(
            tuple(members.get("u", ())), tuple(members.get("i", ())), None, tuple(members.get("c", ()))
        )
        return cls(
            client_id=portal.client_id,
            redirect_uri=members["r"],
            response_mode=members["m"],
            scope=scope,
            state=members.get("s"),
            nonce=members.get("n"),
            code_challenge=members.get("k"),
            prompt=frozenset(members.get("p", ())),
            max_age=members.get("a"),
            claims=asked,
            expected_sub=members.get("e"),
            login_hint=members.get("h"),
            ui_locales=members.get("l"),
            acr_values=tuple(members.get("v", ())),
            resources=resources,
            dpop_jkt=members.get("j"),
        )
