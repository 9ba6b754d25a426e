"""Making the token answer: rows first, then signatures; nothing here refuses any more."""

from typing import Any
from uuid import UUID

from idp.audit.events import TokensIssued
from idp.audit.record import record
from idp.protocol.authlib_server import Request, Server
from idp.protocol.person_claims import release
from idp.protocol.token_target import Target
from idp.storage import Row
from idp.tokens import access, id_tokens
from idp.tokens.terms import Terms


def token_answer(
    server: Server,
    request: Request,
    *,
    grant_id: UUID,
    account_id: UUID,
    terms: Terms,
    about: Row,
    grant_type: str,
    scope: tuple[str, ...],
    nonce: str | None,
    refresh_token: str | None,
    target: Target,
) -> dict[str, Any]:
    """The members of a token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3), and its audit row.

    `about` is the row of `idp.sessions.standing` that said the grant stands. `target` says what the access token is for
    and whom it is bound to.
    """
    portal, settings, now = request.portal, server.settings, request.now
    event = TokensIssued(grant_type=grant_type, grant_id=grant_id, scopes=scope)
    record(request.db, event, now=now, account_id=account_id, portal_id=portal.id)
    access_token = access.issue(
        server.keys,
        issuer=settings.issuer,
        client_id=portal.client_id,
        grant_id=grant_id,
        terms=terms,
        scope=target.of_scope(scope),
        resources=target.resources,
        binding=target.binding,
        lifetime=settings.access_token_lifetime,
        now=now,
    )
    members: dict[str, Any] = {
        "access_token": access_token,
        "token_type": access.token_type(target.binding),
        "expires_in": int(settings.access_token_lifetime.total_seconds()),
        "scope": " ".join(target.of_scope(scope)),
    }
    if refresh_token is not None:
        members["refresh_token"] = refresh_token
    if "openid" in scope:
        id_token = id_tokens.issue(
            server.keys,
            issuer=settings.issuer,
            client_id=portal.client_id,
            algorithm=portal.id_token_signed_response_alg,
            terms=terms,
            access_token=access_token,
            nonce=nonce,
            with_sid=portal.is_told_of_sign_outs,
            more=release(
                request.db,
                server.keyring,
                portal,
                account_id,
                about,
                (),
                terms.id_token_claims,
                where="id_token",
                now=now,
            ),
            lifetime=settings.access_token_lifetime,
            now=now,
        )
        members["id_token"] = request.seal(id_token.encode(), holds_jwt=True) if request.seal else id_token
    return members
