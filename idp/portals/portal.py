"""A portal as the rest of the house sees it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self
from uuid import UUID

from idp.portals.addresses import loopback_without_port
from idp.portals.laxities import RISKS, Laxity
from idp.portals.profiles import RULES, Profile, Rules
from idp.sealing import digest

Consent = Literal["ask", "always", "none"]
Refresh = Literal["offline", "session"]
AfterLeaveBy = Literal["warn", "disable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a portal's file says, by its own names, with what it leaves unsaid written out."""

    client_id: str
    profile: Profile
    # By language; "" is the name for every other language.
    names: Mapping[str, str]
    sector: str
    agency: str | None = None
    province: str | None = None
    contacts: tuple[str, ...] = ()
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None

    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    initiate_login_uri: str | None = None

    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str | None = None
    # Public keys as plain JWKs, or where they are to be had.
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    # Whom its certificate must name; one of them (RFC 8705 §2.1.2).
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None

    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    request_object_signing_alg: str | None = None
    authorization_signed_response_alg: str | None = None
    introspection_signed_response_alg: str | None = None
    # APIs that it may have access tokens for (RFC 8707).
    resources: tuple[str, ...] = ()

    grant_types: frozenset[str]
    scopes: frozenset[str]
    refresh: Refresh | None = None
    id_token_signed_response_alg: str
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None

    minimum_level: int = 2
    # Whether `acr_values` may ask for more than that (RFC 9470); where not, they are a wish without effect.
    step_up: bool = True
    consent: Consent = "ask"
    # Seconds.
    default_max_age: int | None = None
    require_auth_time: bool = False
    # Why it may have the citizen number; stands in the audit of each release.
    legal_basis: str = ""

    # Of the profile legacy-vnconnect alone: what is tolerated, until which day (YYYY-MM-DD), and what comes after it.
    laxities: frozenset[Laxity] = frozenset()
    leave_by: str | None = None
    after_leave_by: AfterLeaveBy | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored and shown."""
        values = {field.name: getattr(self, field.name) for field in fields(Registration)}
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], **more: Any) -> Self:
        """What `to_json` gave, also by an older or a newer version of this code; `more` is for a subclass."""
        known = {field.name for field in fields(Registration)}
        values = {name: _REVIVE.get(name, _as_it_is)(value) for name, value in stored.items() if name in known}
        return cls(**values, **more)

    @property
    def warnings(self) -> list[str]:
        """What an operator should know before they agree to such a portal."""
        found = []
        if self.profile is Profile.COMPAT:
            found.append("profile compat asks for no PKCE: move the portal to web when its software can")
        if self.leave_by is not None:
            found.append(f"profile {self.profile} is to be left by {self.leave_by}: move the portal to web before")
            found += [f"laxity {laxity}: {RISKS[laxity]}" for laxity in sorted(self.laxities)]
        if self.minimum_level == 1:
            found.append("with minimum_level 1 a password alone signs in")
        return found


def _as_it_is(value: Any) -> Any:
    return value


_REVIVE: Mapping[str, Any] = {
    "profile": Profile,
    "contacts": tuple,
    "redirect_uris": tuple,
    "post_logout_redirect_uris": tuple,
    "grant_types": frozenset,
    "resources": tuple,
    "scopes": frozenset,
    # One that a later version has given up is not tolerated any more.
    "laxities": lambda names: frozenset(laxity for laxity in Laxity if laxity in names),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal(Registration):
    """A registered portal. `secret_digest` is the SHA-256 of its client secret.

    Until it `is_live` no person is let through to it: it registered itself, and nobody has said yes. What one that
    `registered_itself` names as its own is called only where it is public.
    """

    id: UUID
    secret_digest: bytes | None
    is_live: bool = True
    registered_itself: bool = False

    @property
    def rules(self) -> Rules:
        """What its profile allows."""
        return RULES[self.profile]

    @property
    def needs_pkce(self) -> bool:
        """Whether it must send a challenge: as its profile has it, or because it is not lax in that any more."""
        return self.rules.needs_pkce or (bool(self.rules.laxities) and Laxity.NO_PKCE not in self.laxities)

    def name(self, language: str) -> str:
        """Its name in that language, or the one for every other."""
        return self.names.get(language) or self.names.get("") or next(iter(self.names.values()))

    def accepts_redirect(self, address: str) -> bool:
        """Whether a browser may be sent to this very address (RFC 9700 §4.1.3)."""
        if address in self.redirect_uris:
            return True
        bare = loopback_without_port(address) if self.profile is Profile.NATIVE else None
        return bare is not None and bare in map(loopback_without_port, self.redirect_uris)

    def secret_matches(self, given: str) -> bool:
        """Whether this is its client secret, in a time that says nothing of it."""
        return self.secret_digest is not None and hmac.compare_digest(digest(given), self.secret_digest)

    @property
    def is_public(self) -> bool:
        """Whether it has nothing to prove itself by: an app on a person's own device."""
        return self.token_endpoint_auth_method in ("none",)

    @property
    def has_bound_tokens(self) -> bool:
        """Whether it must prove a key with every token."""
        return self.dpop_bound_access_tokens or self.tls_client_certificate_bound_access_tokens

    @property
    def is_told_of_sign_outs(self) -> bool:
        """Whether it registered an address at which it learns that a session has ended."""
        return self.backchannel_logout_uri is not None or self.frontchannel_logout_uri is not None
