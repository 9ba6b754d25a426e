"""How a portal proves itself at the pretend provider: the way it registered, with what it registered."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote_plus

from idp.errors import Refusal
from idp.keys import PortalKeys, TokenInvalid, portal_keys, verify_jwt
from idp.outbound import Outbound
from idp.portals.portal import Portal

_BY_CERTIFICATE: Final = ("tls_client_auth", "self_signed_tls_client_auth")


@dataclass(frozen=True, slots=True)
class Proven:
    """`fault` is None where the portal proved itself as registered, else what was wrong."""

    method: str
    fault: str | None


async def keys_of(portal: Portal, outbound: Outbound) -> PortalKeys | None:
    """The portal's public keys, fetched where it says; None where they are not to be had."""
    if portal.jwks_uri is None:
        return portal_keys(portal.jwks or {"keys": []})
    try:
        return portal_keys((await outbound.get(portal.jwks_uri, most_bytes=64 << 10)).json())
    except (Refusal, KeyError, TypeError):
        return None


def prove(
    portal: Portal,
    keys: PortalKeys | None,
    fields: Mapping[str, str],
    authorization: str | None,
    *,
    issuer: str,
    now: datetime,
) -> Proven:
    """Look at what was presented at /token or /par."""
    method = _method(portal, fields, authorization)
    if method != portal.token_endpoint_auth_method:
        return Proven(method, "another_method")
    if method == "client_secret_basic":
        identifier, secret = _basic(authorization or "")
        is_good = identifier == portal.client_id and portal.secret_matches(secret)
    elif method == "client_secret_post":
        is_good = fields.get("client_id") == portal.client_id and portal.secret_matches(fields["client_secret"])
    elif method == "private_key_jwt":
        return Proven(method, _fault_of_assertion(portal, keys, fields["client_assertion"], issuer=issuer, now=now))
    else:
        is_good = fields.get("client_id") == portal.client_id
    return Proven(method, None if is_good else "wrong_credentials")


def _method(portal: Portal, fields: Mapping[str, str], authorization: str | None) -> str:
    if authorization is not None:
        return "client_secret_basic"
    if "client_assertion" in fields:
        return "private_key_jwt"
    if "client_secret" in fields:
        return "client_secret_post"
    # A certificate is of the connection, which ends before us: that it was shown is not seen here.
    registered = portal.token_endpoint_auth_method
    return registered if registered in _BY_CERTIFICATE else "none"


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        identifier, _, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
        return unquote_plus(identifier, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        return "", ""


def _fault_of_assertion(
    portal: Portal, keys: PortalKeys | None, assertion: str, *, issuer: str, now: datetime
) -> str | None:
    if keys is None:
        return "keys_unreachable"
    registered, alone = portal.token_endpoint_auth_signing_alg, portal.rules.takes_issuer_alone
    audiences = {issuer} if alone else {issuer, f"{issuer}/token", f"{issuer}/par"}
    try:
        claims = verify_jwt(
            assertion,
            keys,
            algorithms=(registered,) if registered else portal.rules.algorithms,
            typ=None,
            issuer=portal.client_id,
            audiences=frozenset(audiences),
            one_audience=alone,
            now=now,
        )
    except TokenInvalid as refusal:
        return f"assertion_{refusal.reason}"
    return None if claims.get("sub") == portal.client_id and claims.get("jti") else "assertion_sub_or_jti"
