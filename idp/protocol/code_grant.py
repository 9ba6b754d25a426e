"""The authorization code grant (RFC 6749 §4.1.3) with PKCE by S256 (RFC 7636)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from idp.portals.portal import Portal
from idp.protocol.answers import OAuthError
from idp.protocol.authlib_server import PortalClient, Request, Server
from idp.protocol.issuing import token_answer
from idp.protocol.token_request import TokenRequest
from idp.protocol.token_target import Target, binding_of
from idp.sessions import standing
from idp.signals.queueing import note_meeting
from idp.storage import Row
from idp.tokens import codes, grants, refresh
from idp.tokens.terms import Terms

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class RedeemedCode(codes.Spent):
    """A spent code, as Authlib asks about it. `behind` is what `standing.behind_code` said."""

    behind: Row | None = None

    def get_redirect_uri(self) -> str:
        """What /authorize was called with; the token request must name the same."""
        return self.redirect_uri


class S256Only(CodeChallenge):
    """PKCE without what Authlib allows: `plain`, even by default, and confidential clients without a verifier."""

    def __init__(self) -> None:
        super().__init__(required=True)

    def validate_code_verifier(self, grant: "CodeGrant", result: Any) -> None:  # noqa: ARG002  (Authlib's own signature)
        """A verifier exactly when there was a challenge, compared in constant time (RFC 7636 §4.6)."""
        challenge: str | None = grant.request.authorization_code.code_challenge
        verifier: str | None = grant.request.form.get("code_verifier")
        if challenge is None and verifier is None:
            return
        if challenge is None or verifier is None or not _VERIFIER.fullmatch(verifier):
            raise InvalidGrantError
        hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
        if not hmac.compare_digest(hashed, challenge.encode()):
            raise InvalidGrantError


class CodeGrant(AuthorizationCodeGrant):
    """Redeems codes. The code is spent before the request is judged, by one statement: whatever is wrong with it."""

    request: Request
    server: Server

    def query_authorization_code(self, code: str, client: PortalClient) -> RedeemedCode | None:
        """Spend it. None becomes `invalid_grant`."""
        if not self.request.form.get("redirect_uri"):
            raise OAuthError("invalid_request", "The parameter redirect_uri is missing")
        binding_of(self.request.asked, client.portal)  # a key that is missing costs nobody a code
        behind = standing.behind_code(self.request.db, code, province=client.portal.province, now=self.request.now)
        try:
            spent = codes.redeem(self.request.db, code, client.portal.id, now=self.request.now)
        except codes.CodeRefused:
            return None
        return RedeemedCode(
            spent.grant_id,
            spent.account_id,
            spent.session_id,
            spent.redirect_uri,
            spent.code_challenge,
            spent.terms,
            behind,
        )

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Where account and session still stand: write grant, refresh token and audit, then sign."""
        code: RedeemedCode = self.request.authorization_code
        db, portal, now = self.request.db, self.request.portal, self.request.now
        behind, asked = code.behind, self.request.asked
        if behind is None or not _is_its_key(code.terms.dpop_jkt, asked):
            raise InvalidGrantError
        target = Target.read(asked, portal, code.terms.resources, issuer=self.server.settings.issuer)
        terms = _bound(code.terms, portal, asked)
        offline = portal.refresh == "offline" and "offline_access" in code.terms.scope
        expires_at = now + self.server.settings.refresh_absolute if offline else behind.ends_at
        grants.make(
            db,
            code.grant_id,
            account_id=code.account_id,
            portal_id=portal.id,
            session_id=None if offline else code.session_id,
            offline=offline,
            terms=terms,
            expires_at=expires_at,
            now=now,
        )
        if portal.is_told_of_sign_outs:
            note_meeting(
                db,
                session_id=code.session_id,
                portal_id=portal.id,
                account_id=code.account_id,
                sub=code.terms.sub,
                sid=code.terms.sid,
                listens=portal.backchannel_logout_uri is not None,
                now=now,
            )
        body = token_answer(
            self.server,
            self.request,
            grant_id=code.grant_id,
            account_id=code.account_id,
            terms=code.terms,
            about=behind,
            grant_type=self.GRANT_TYPE,
            scope=code.terms.scope,
            nonce=code.terms.nonce,
            refresh_token=self._first_refresh_token(code, offline=offline, expires_at=expires_at),
            target=target,
        )
        return 200, body, []

    def _first_refresh_token(self, code: RedeemedCode, *, offline: bool, expires_at: datetime) -> str | None:
        portal, now = self.request.portal, self.request.now
        if "refresh_token" not in portal.grant_types or not (offline or portal.refresh == "session"):
            return None
        idle_end = min(expires_at, now + self.server.settings.refresh_idle)
        return refresh.first(
            self.request.db,
            grant_id=code.grant_id,
            account_id=code.account_id,
            portal_id=portal.id,
            expires_at=idle_end,
            now=now,
        )


def _is_its_key(jkt: str | None, asked: TokenRequest) -> bool:
    """Whether the key that was named when the code was asked for is the one that is proven now (RFC 9449 §10)."""
    return jkt is None or (asked.proof is not None and asked.proof.thumbprint == jkt)


def _bound(terms: Terms, portal: Portal, asked: TokenRequest) -> Terms:
    """What the refresh token needs to be used: the key, for who has no other way to prove who they are (§5)."""
    jkt = asked.proof.thumbprint if asked.proof is not None and portal.is_public else None
    return terms if terms.dpop_jkt == jkt else replace(terms, dpop_jkt=jkt)
