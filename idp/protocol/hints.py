"""Whom a portal means by an `id_token_hint` (OpenID Connect Core §3.1.2.1)."""

from datetime import datetime

from idp.keys import SigningKeys, TokenInvalid
from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError
from idp.tokens import id_tokens
from idp.web.forms import Fields


def hinted_sub(keys: SigningKeys, fields: Fields, portal: Portal, *, issuer: str, now: datetime) -> str | None:
    """The `sub` that the hint names, None without one; raises `OAuthError` when it is no token of ours for this
    portal."""
    hinted = fields.get("id_token_hint")
    if hinted is None:
        return None
    try:
        claims = id_tokens.read_hint(
            keys,
            hinted,
            algorithms=[portal.id_token_signed_response_alg],
            issuer=issuer,
            audience=portal.client_id,
            now=now,
        )
    except TokenInvalid as refusal:
        raise OAuthError("invalid_request", "id_token_hint is not valid", reason=refusal.reason) from None
    return str(claims["sub"])
