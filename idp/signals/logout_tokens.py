"""Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): made anew each time they are sent, with one `jti`."""

from datetime import datetime, timedelta
from typing import Any, Final

from idp.keys import SigningKeys
from idp.portals.portal import Portal
from idp.signals.claims import Claim

LIFETIME: Final = timedelta(minutes=2)

TYPE: Final = "logout+jwt"

_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


def issue(keys: SigningKeys, claim: Claim, portal: Portal, *, issuer: str, now: datetime) -> str:
    """A signed token. It never holds a `nonce`: nobody may take it for an ID token."""
    issued_at = int(now.timestamp())
    members: dict[str, Any] = {
        "iss": issuer,
        "sub": claim.sub,
        "aud": portal.client_id,
        "iat": issued_at,
        "exp": issued_at + int(LIFETIME.total_seconds()),
        "jti": str(claim.id),
        "events": {_EVENT: {}},
    }
    if claim.sid is not None:
        members["sid"] = claim.sid
    return keys.sign(portal.id_token_signed_response_alg, members, typ=TYPE)
