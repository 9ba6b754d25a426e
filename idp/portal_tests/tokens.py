"""What the pretend provider gives for a code or a refresh token: right in all but what the step wants wrong."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from idp.errors import Refusal
from idp.keys.compact import encode
from idp.portal_tests import sightings
from idp.portal_tests.run_keys import RunKeys
from idp.portal_tests.runs import Run
from idp.portal_tests.sealing import Seal
from idp.portals.portal import Portal
from idp.storage import Unit

ID_TOKEN_SECONDS: Final = 300


class PretendRefused(Refusal):
    """The pretend provider of a portal's self-test refused what the portal sent: its `error` is one of OAuth.

    `nonce` is what the next DPoP proof must repeat.

    Operator: the run's report says what the portal's developer has to change.
    """

    code = "pretend_refused"

    def __init__(self, error: str, reason: str, *, status: int = 400, nonce: str | None = None) -> None:
        super().__init__(reason)
        self.error = error
        self.status = status
        self.nonce = nonce


@dataclass(frozen=True, slots=True)
class Issuing:
    """One call at the token endpoint, by a portal that has proven itself; `thumbprint` is of the key it has shown.

    `seal` is for its ID tokens.
    """

    run: Run
    portal: Portal
    keys: RunKeys
    issuer: str
    thumbprint: str | None
    seal: Seal
    now: datetime

    def answer(self, db: Unit, fields: Mapping[str, str]) -> dict[str, Any]:
        """The token response (RFC 6749 §5.1); raises `PretendRefused`. Either way the call is noted."""
        if self.seal.lacks_key:  # before a code is spent
            raise self._refused(db, "temporarily_unavailable", "no_encryption_key", status=503)
        grant = fields.get("grant_type")
        if grant == "authorization_code":
            return self._redeem(db, fields)
        if grant == "refresh_token":
            return self._refresh(db, fields)
        raise self._refused(db, "unsupported_grant_type", "another_grant")

    def _redeem(self, db: Unit, fields: Mapping[str, str]) -> dict[str, Any]:
        used = sightings.use(db, self.run.id, "tc_", fields.get("code", ""))
        if used is None:
            raise self._refused(db, "invalid_grant", "unknown_code")
        if used.uses > 1:
            raise self._refused(db, "invalid_grant", "code_again")
        asked = used.details
        if fields.get("redirect_uri", asked["redirect_uri"]) != asked["redirect_uri"]:
            raise self._refused(db, "invalid_grant", "another_redirect_uri")
        if fault := _fault_of_verifier(asked.get("code_challenge"), fields.get("code_verifier")):
            raise self._refused(db, "invalid_grant", fault)
        sightings.note(db, self.run, "token", "redeemed", now=self.now, bound=self.thumbprint is not None)
        return self._tokens(db, asked["scope"], asked.get("nonce"))

    def _refresh(self, db: Unit, fields: Mapping[str, str]) -> dict[str, Any]:
        used = sightings.use(db, self.run.id, "tr_", fields.get("refresh_token", ""))
        if used is None:
            raise self._refused(db, "invalid_grant", "unknown_refresh_token")
        if self.run.lie.refuses_refresh:
            raise self._refused(db, "invalid_grant", "refresh_refused")
        sightings.note(db, self.run, "token", "refreshed", now=self.now, bound=self.thumbprint is not None)
        return self._tokens(db, used.details["scope"], None)

    def _tokens(self, db: Unit, scope: list[str], nonce: str | None) -> dict[str, Any]:
        run, lie = self.run, self.run.lie
        answer = {
            "access_token": sightings.issue(db, run.id, "ta_", {"scope": scope, "jkt": self.thumbprint}, now=self.now),
            "token_type": "DPoP" if self.thumbprint else "Bearer",
            "expires_in": lie.expires_in,
            "scope": " ".join(scope),
            "id_token": self.seal.close(self.keys.sign(self._id_token(nonce), signature=lie.signature), holds_jwt=True),
        }
        may_refresh = self.portal.refresh == "session" or "offline_access" in scope
        if "refresh_token" in self.portal.grant_types and may_refresh:
            answer["refresh_token"] = sightings.issue(db, run.id, "tr_", {"scope": scope}, now=self.now)
        return answer

    def _id_token(self, nonce: str | None) -> dict[str, Any]:
        """OpenID Connect Core §2, with the lies of the step in it."""
        at = int(self.now.timestamp()) + self.run.lie.shift
        truth = {
            "iss": self.issuer,
            "sub": self.run.sub,
            "aud": self.portal.client_id,
            "iat": at,
            "exp": at + ID_TOKEN_SECONDS,
            "auth_time": at,
            "acr": "urn:vn:eid:auth-level:2",
            "amr": ["pwd", "otp", "mfa"],
            "sid": sid(self.run),
            "nonce": nonce,
        }
        claims = truth | dict(self.run.lie.claims)
        return {name: value for name, value in claims.items() if value is not None}

    def _refused(self, db: Unit, error: str, reason: str, *, status: int = 400) -> PretendRefused:
        sightings.note(db, self.run, "token", reason, now=self.now)
        return PretendRefused(error, reason, status=status)


def sid(run: Run) -> str:
    """The session of the invented person: one for a run."""
    return f"sid-{run.sub}"


def _fault_of_verifier(challenge: str | None, verifier: str | None) -> str | None:
    """RFC 7636 §4.6; a verifier for which there was no challenge is a fault too (RFC 9700 §2.1.1)."""
    if challenge is None:
        return "verifier_without_challenge" if verifier else None
    if not verifier:
        return "no_verifier"
    made = encode(hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest())
    return None if hmac.compare_digest(made, challenge.encode("utf-8", "surrogatepass")) else "wrong_verifier"
