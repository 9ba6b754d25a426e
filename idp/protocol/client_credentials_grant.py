"""The client credentials grant (RFC 6749 §4.4): a portal's program acts for itself, with no person behind it."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from idp.audit.events import TokensIssued
from idp.audit.record import record
from idp.protocol.authlib_server import Request, Server
from idp.protocol.staff_scopes import may_have
from idp.protocol.token_target import Target
from idp.storage.identifiers import new_id
from idp.tokens import access, grants
from idp.tokens.claims import BY_SCOPE
from idp.tokens.terms import Terms

_ABOUT_PEOPLE = frozenset(BY_SCOPE) | {"openid", "offline_access"}


class OwnGrant(ClientCredentialsGrant):
    """An access token of the portal's own; no refresh token (§4.4.3), and no scope about people."""

    request: Request
    server: Server

    def validate_token_request(self) -> None:
        """Who asks, and for which of its registered scopes."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError
        registered = client.portal.scopes - _ABOUT_PEOPLE
        asked = frozenset(self.request.form.get("scope", "").split()) or registered
        if not asked or not asked <= registered:
            raise InvalidScopeError
        if not may_have(self.request.db, self.server.is_staff, asked, portal_id=client.portal.id):
            raise InvalidScopeError
        self.request.scope = " ".join(sorted(asked))
        resources = client.portal.resources
        self.request.target = Target.read(
            self.request.asked, client.portal, resources, issuer=self.server.settings.issuer
        )

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Write the grant and its audit row, then sign."""
        db, portal, now, settings = self.request.db, self.request.portal, self.request.now, self.server.settings
        scope = tuple(self.request.scope.split())
        target: Target = self.request.target
        grant_id, terms = new_id(now), Terms(scope, resources=target.resources)
        expires_at = now + settings.access_token_lifetime
        grants.make(
            db,
            grant_id,
            account_id=None,
            portal_id=portal.id,
            session_id=None,
            offline=False,
            terms=terms,
            expires_at=expires_at,
            now=now,
        )
        event = TokensIssued(grant_type=self.GRANT_TYPE, grant_id=grant_id, scopes=scope)
        record(db, event, now=now, portal_id=portal.id)
        token = access.issue(
            self.server.keys,
            issuer=settings.issuer,
            client_id=portal.client_id,
            grant_id=grant_id,
            terms=terms,
            scope=scope,
            resources=target.resources,
            binding=target.binding,
            lifetime=settings.access_token_lifetime,
            now=now,
        )
        seconds = int(settings.access_token_lifetime.total_seconds())
        kind = access.token_type(target.binding)
        return 200, {"access_token": token, "token_type": kind, "expires_in": seconds, "scope": " ".join(scope)}, []
