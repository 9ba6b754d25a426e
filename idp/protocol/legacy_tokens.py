"""Introspection and revocation as portals of the old interface call them (profile `legacy-vnconnect`)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from idp.accounts.subjects import account_behind
from idp.keys import TokenInvalid, unverified_claims
from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.protocol.authlib_server import Server
from idp.protocol.token_request import TokenRequest
from idp.sessions import standing
from idp.storage import Unit
from idp.tokens import access, grants, id_tokens
from idp.tokens.terms import Terms

_BEARER: Final = "bearer"
_OVER: Final = "expired"
_CREDENTIALS: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


def asking_by_token(server: Server, asked: TokenRequest, *, now: datetime) -> Portal | None:
    """The portal that asks about an access token of its own by that very token; None for every other request, which is
    for the portal to prove itself.

    A token that is over still says whose it was: its portal asks in order to learn that.
    """
    scheme, _, presented = (asked.authorization or "").partition(" ")
    proves_itself = not _CREDENTIALS.isdisjoint(asked.fields)
    if scheme.lower() != _BEARER or presented.strip() != asked.fields.get("token") or proves_itself:
        return None
    token = asked.fields["token"]
    try:
        read = access.verify(server.keys, token, issuer=server.settings.issuer, now=now)
        # One that is tied to a key proves nothing by itself.
        client_id = read.client_id if read.binding is None else ""
    except TokenInvalid as refusal:
        # Times are looked at last: the signature is ours.
        client_id = str(unverified_claims(token).get("client_id")) if refusal.reason == _OVER else ""
    portal = server.authenticator.portals.get(client_id)
    return portal if portal is not None and Laxity.TOKEN_INTROSPECTS_ITSELF in portal.laxities else None


def introspect(db: Unit, server: Server, asked: TokenRequest, portal: Portal, *, now: datetime) -> dict[str, Any]:
    """The unit: whether the token is good, and what it says itself. The person is no business of a mere bearer."""
    try:
        read = access.verify(server.keys, asked.fields["token"], issuer=server.settings.issuer, now=now)
    except TokenInvalid:
        return {"active": False}
    grant = standing.grant(db, read.grant_id, province=portal.province, now=now)
    if grant is None or grant.portal_id != portal.id:
        return {"active": False}
    return {"active": True, "client_id": read.client_id, "token_type": "Bearer", "exp": read.expires_at}


def grants_behind_id_token(
    db: Unit, server: Server, token: str, portal: Portal, *, now: datetime
) -> tuple[UUID | None, list[UUID]]:
    """Whose account it is, and what this portal holds from the sign-in that an ID token tells of.

    The ID token names no grant. It must be ours, signed as this portal's are and for this portal alone; then the living
    grants of its person (`sub`) at this portal count whose sign-in was at the same second (`auth_time`): what another
    device of the person got by another sign-in stays. An ID token that is over is good for that, as for signing out.
    """
    try:
        claims = id_tokens.read_hint(
            server.keys,
            token,
            algorithms=[portal.id_token_signed_response_alg],
            issuer=server.settings.issuer,
            audience=portal.client_id,
            now=now,
        )
    except TokenInvalid:
        return None, []
    account_id = account_behind(db, str(claims["sub"]), portal.sector)
    if account_id is None:
        return None, []
    held = grants.held(db, account_id, portal.id, now=now)
    return account_id, [row.id for row in held if Terms.read(row.terms).auth_time == claims.get("auth_time")]
