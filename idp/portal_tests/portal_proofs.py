"""How a portal proves itself at the pretend provider: the way it registered, with what it registered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.keys import PortalKeys, TokenInvalid, verify_jwt
from idp.portals.assertions import LONGEST_ASSERTION_LIFE
from idp.portals.portal import Portal
from idp.portals.profiles import BY_CERTIFICATE
from idp.web.basic_credentials import read_basic


@dataclass(frozen=True, slots=True)
class Proven:
    """`fault` is None where the portal proved itself as registered, else what was wrong."""

    method: str
    fault: str | None


def prove(
    portal: Portal,
    keys: PortalKeys,
    fields: Mapping[str, str],
    authorization: str | None,
    *,
    issuer: str,
    now: datetime,
) -> Proven:
    """Look at what was presented at /token or /par; `keys` are the portal's."""
    method = _method(portal, fields, authorization)
    if method != portal.token_endpoint_auth_method:
        return Proven(method, "another_method")
    if method == "client_secret_basic":
        is_good = _is_basic(portal, authorization or "")
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
    return registered if registered in BY_CERTIFICATE else "none"


def _is_basic(portal: Portal, authorization: str) -> bool:
    try:
        identifier, secret = read_basic(authorization)
    except ValueError:
        return False
    return identifier == portal.client_id and portal.secret_matches(secret)


def _fault_of_assertion(portal: Portal, keys: PortalKeys, assertion: str, *, issuer: str, now: datetime) -> str | None:
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
            max_age=LONGEST_ASSERTION_LIFE,
            now=now,
        )
    except TokenInvalid as refusal:
        return f"assertion_{refusal.reason}"
    jti = claims.get("jti")
    is_good = claims.get("sub") == portal.client_id and isinstance(jti, str) and jti
    return None if is_good else "assertion_sub_or_jti"
