"""The refresh token grant (RFC 6749 §6, OpenID Connect Core §12)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from idp.audit.events import RefreshRotated
from idp.audit.record import record
from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError
from idp.protocol.authlib_server import Request, Server
from idp.protocol.issuing import token_answer
from idp.protocol.token_target import Target
from idp.sessions import standing
from idp.signals.queueing import note_meeting
from idp.storage import Row
from idp.tokens import refresh
from idp.tokens.terms import Terms


def _is_bound(portal: Portal, terms: Terms) -> bool:
    """Whether nobody else can use the refresh token: an app's by its key, any other's by what proves the portal."""
    # What an app's registration demands of tokens says nothing of those it had before.
    return terms.dpop_jkt is not None if portal.is_public else portal.has_bound_tokens


class RefreshGrant(RefreshTokenGrant):
    """Rotates refresh tokens. A wrong scope is found before the token is spent: the portal may ask again."""

    request: Request
    server: Server

    def validate_token_request(self) -> None:
        """Who asks, whose token it is, whether its grant stands, and whether the scope is within it."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError
        token = self.request.form.get("refresh_token")
        if not token:
            raise OAuthError("invalid_request", "The parameter refresh_token is missing")
        known = refresh.find(self.request.db, token)
        if known is None or known.portal_id != client.portal.id:
            raise InvalidGrantError
        grant = standing.grant(
            self.request.db,
            known.grant_id,
            province=client.portal.province,
            to_issue=True,
            now=self.request.now,
        )
        if grant is None:
            raise InvalidGrantError
        terms = Terms.read(grant.terms)
        self._check_key(terms)
        self.request.refresh_token = token
        self.request.credential = grant
        self.request.scope = " ".join(self._scope(terms))
        issuer = self.server.settings.issuer
        self.request.target = Target.read(self.request.asked, client.portal, terms.resources, issuer=issuer)

    def _check_key(self, terms: Terms) -> None:
        """That of an app's own token (RFC 9449 §5). Other portals have proved who they are by more than that."""
        proof = self.request.asked.proof
        if terms.dpop_jkt is not None and (proof is None or proof.thumbprint != terms.dpop_jkt):
            raise InvalidGrantError

    def _scope(self, terms: Terms) -> tuple[str, ...]:
        """What is asked for within what was granted and is still registered, in its order; all of it when nothing is
        named."""
        asked = self.request.form.get("scope")
        granted = tuple(value for value in terms.scope if value in self.request.portal.scopes)
        if not asked:
            return granted
        if not set(asked.split()) <= set(granted):
            raise InvalidScopeError
        return tuple(value for value in granted if value in asked.split())

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Spend the token or prolong it, then issue. A repeat of a spent one within its minute gets its successor."""
        grant: Row = self.request.credential
        db, portal, now = self.request.db, self.request.portal, self.request.now
        terms, scope = Terms.read(grant.terms), tuple(self.request.scope.split())
        try:
            family, following = self._following(grant, is_bound=_is_bound(portal, terms))
        except refresh.RefreshRefused:
            raise InvalidGrantError from None
        if grant.offline and portal.is_told_of_sign_outs and "openid" in scope:
            # It outlives the sessions in which the portal met the person: without this, it would be told of nothing.
            note_meeting(
                db,
                session_id=family.grant_id,
                portal_id=portal.id,
                account_id=family.account_id,
                sub=terms.sub,
                sid=terms.sid,
                listens=portal.backchannel_logout_uri is not None,
                now=now,
            )
        body = token_answer(
            self.server,
            self.request,
            grant_id=family.grant_id,
            account_id=family.account_id,
            terms=terms,
            about=grant,
            grant_type=self.GRANT_TYPE,
            scope=scope,
            nonce=None,
            refresh_token=following,
            target=self.request.target,
        )
        return 200, body, []

    def _following(self, grant: Row, *, is_bound: bool) -> tuple[refresh.Family, str]:
        """The family, and the token to use next: the same one where nobody else can use it (FAPI 2.0 §5.3.2.1)."""
        db, portal, now, keyring = self.request.db, self.request.portal, self.request.now, self.server.keyring
        token: str = self.request.refresh_token
        expires_at = min(grant.expires_at, now + self.server.settings.refresh_idle)
        if is_bound:
            return refresh.keep(db, token, portal.id, expires_at=expires_at, now=now), token
        family, is_first_use = refresh.spend(db, token, portal.id, keyring, now=now)
        if not is_first_use:
            return family, refresh.successor(token, keyring)
        following = refresh.succeed(db, token, family, portal.id, keyring, expires_at=expires_at, now=now)
        event = RefreshRotated(grant_id=family.grant_id, generation=family.generation + 1)
        record(db, event, now=now, account_id=family.account_id, portal_id=portal.id)
        return family, following
