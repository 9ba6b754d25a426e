"""How far a portal falls short of the strict profile, whatever its own is called, and what its profile allows it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from idp.portals.portal import Registration
from idp.portals.profiles import RULES, Profile


class Gap(StrEnum):
    """One thing that FAPI 2.0 asks of a portal and this one does not do."""

    ASKS_IN_ADDRESSES = "asks_in_addresses"
    """Its requests travel through browsers, where they can be changed and read; it does not push them (RFC 9126)."""

    SHARED_SECRET = "shared_secret"  # noqa: S105  (a name, no secret)
    """It proves itself by a secret that we know too and that every call carries; not by a key of its own."""

    PROVES_NOTHING = "proves_nothing"
    """An app on people's own devices: anybody can say that they are it."""

    PLAIN_TOKENS = "plain_tokens"
    """Its access tokens are good for whoever holds them; they are not bound to its key."""

    NO_PKCE = "no_pkce"
    """A code that is stolen on its way can be redeemed by whoever has the portal's secret."""

    WEAK_PADDING = "weak_padding"
    """It takes or makes signatures by RS256, which FAPI 2.0 has given up."""


def gaps(portal: Registration) -> tuple[Gap, ...]:
    """What is missing, in the order of `Gap`; nothing for a portal of profile `fapi2`."""
    rules = RULES[portal.profile]
    method = portal.token_endpoint_auth_method
    algorithms = (portal.id_token_signed_response_alg, portal.userinfo_signed_response_alg)
    found = {
        Gap.ASKS_IN_ADDRESSES: rules.has_persons and not portal.require_pushed_authorization_requests,
        Gap.SHARED_SECRET: method.startswith("client_secret_"),
        Gap.PROVES_NOTHING: method in ("none",),
        Gap.PLAIN_TOKENS: not (portal.dpop_bound_access_tokens or portal.tls_client_certificate_bound_access_tokens),
        Gap.NO_PKCE: rules.has_persons and not rules.needs_pkce,
        Gap.WEAK_PADDING: rules.has_persons and "RS256" in algorithms,
    }
    return tuple(gap for gap in Gap if found[gap]) if portal.profile is not Profile.FAPI2 else ()


def allowed(profile: Profile) -> Mapping[str, Any]:
    """What a profile lets a portal do and asks of it, for a person or a program to read."""
    rules = RULES[profile]
    return {
        "token_endpoint_auth_methods": rules.methods,
        "grant_types": rules.grant_types,
        "signing_algorithms": rules.algorithms,
        "pkce_s256_required": rules.needs_pkce,
        "pushed_requests_required": rules.needs_pushed_requests,
        "bound_tokens_required": rules.needs_bound_tokens,
        "assertion_audiences": ["issuer"] if rules.takes_issuer_alone else ["issuer", "token", "par"],
    }
