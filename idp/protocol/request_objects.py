"""Request objects: an authorization request that the portal signed (RFC 9101, OpenID Connect Core §6).

By value only: the one `request_uri` that is taken is ours (RFC 9126). What stands in a signed request counts, and
nothing beside it (RFC 9101 §6.3); only for software of the profile `compat` the query may add what the object leaves
out, as OpenID Connect Core §6.1 has it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.keys import TokenInvalid, signed_claims
from idp.keys import claims as claim_checks
from idp.keys.compact import Compact
from idp.portals.portal import Portal
from idp.portals.profiles import Profile
from idp.protocol.answers import OAuthError
from idp.protocol.parameters import REPEATABLE
from idp.web.forms import Fields

TYPE: Final = "oauth-authz-req+jwt"
_OF_THE_JWT: Final = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_NOT_INSIDE: Final = frozenset({"request", "request_uri", "sub"})
_TEXTS: Final = frozenset(
    {
        *(
            "client_id",
            "response_type",
            "response_mode",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "prompt",
            "max_age",
        ),
        *("code_challenge", "code_challenge_method", "acr_values", "id_token_hint", "login_hint", "ui_locales"),
        *("dpop_jkt", "request", "request_uri", "registration"),
    }
)
PARAMETERS: Final = _TEXTS | {*REPEATABLE, "claims"}
"""What an authorization request may say. Whatever else it has is ignored (RFC 6749 §3.1)."""

_LONGEST_LIFE: Final = timedelta(minutes=60)  # FAPI 2.0 Message Signing §5.3.1


class RequestObjects:
    """Takes signed requests apart. `issuer` is us, for whom they must be."""

    def __init__(self, key_sets: PortalKeySets, issuer: str) -> None:
        self._key_sets = key_sets
        self._issuer = issuer

    async def prepare(self, fields: Fields) -> None:
        """Have the keys ready, where they are remote."""
        if "request" in fields:
            await self._key_sets.prepare(fields["request"])

    def unpacked(self, fields: Fields, portal: Portal, *, now: datetime) -> Fields:
        """The fields that count: those of the signed request where there is one; raises `OAuthError`."""
        signed = fields.get("request")
        if signed is None:
            if portal.require_signed_request_object:
                raise OAuthError("invalid_request", "This portal's requests must be signed: request is missing")
            return fields
        try:
            claims = self._verified(signed, portal, now=now)
            inside = {name: _as_text(name, value) for name, value in claims.items() if name not in _OF_THE_JWT}
        except TokenInvalid as refusal:
            raise _invalid(refusal.reason) from None
        if inside.get("client_id") != portal.client_id or not _NOT_INSIDE.isdisjoint(inside):
            raise _invalid("client_id_or_a_member_that_may_not_be_inside")
        beside = fields if portal.profile is Profile.COMPAT else {}
        outside = {name: value for name, value in beside.items() if name != "request"}
        return {name: value for name, value in {**outside, **inside}.items() if value}

    def _verified(self, signed: str, portal: Portal, *, now: datetime) -> dict[str, Any]:
        head = Compact.read(signed)
        if head.algorithm == "none" and portal.profile is not Profile.FAPI2:
            # OpenID Connect Core §6.1 lets such be sent; we do not take any.
            raise OAuthError("request_not_supported", "Request objects must be signed", reason="unsigned")
        typ = TYPE if (head.typ or "").lower().removeprefix("application/") == TYPE else None
        registered = portal.request_object_signing_alg
        claims = signed_claims(
            signed,
            self._key_sets.of(portal),
            algorithms=(registered,) if registered else portal.rules.algorithms,
            typ=typ,
        )
        self._check(claims, portal, now=now)
        return claims

    def _check(self, claims: Mapping[str, Any], portal: Portal, *, now: datetime) -> None:
        is_strict = portal.profile is Profile.FAPI2
        if is_strict or "iss" in claims:
            claim_checks.check_issuer(claims, portal.client_id)
        if (is_strict or "aud" in claims) and self._issuer not in claim_checks.audiences(claims):
            raise TokenInvalid("audience")
        claim_checks.check_times(claims, now=now, may_be_endless=not is_strict)
        if is_strict:
            claim_checks.check_span(claims, now=now, longest=_LONGEST_LIFE)


def _as_text(name: str, value: object) -> str:
    """As the parameter would be in a query (RFC 9101 §4)."""
    if isinstance(value, str):
        if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
            raise TokenInvalid("control_character")
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) < 1 << 53:
        return str(value)
    if name == "claims" and isinstance(value, dict):
        return _as_json(value)
    if name in REPEATABLE and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    if name in PARAMETERS:
        raise TokenInvalid("a_member_of_the_wrong_type")
    return ""  # RFC 6749 §3.1: what nobody here knows is left aside, whatever it is


def _as_json(value: dict[str, Any]) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # a number or a depth that Python's reader takes
        raise TokenInvalid("claims_that_are_no_json") from None


def _invalid(reason: str) -> OAuthError:
    return OAuthError("invalid_request_object", "The request object is not valid", reason=reason)
