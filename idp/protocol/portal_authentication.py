"""How a portal proves who it is at /token, /par, /introspect and /revoke (RFC 6749 §2.3, OpenID Connect Core §9).

Exactly one method, and the one it registered. Failures look alike, whether the portal exists or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from idp.audit.events import PortalAuthenticationRefused
from idp.audit.record import record
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.keys import TokenInvalid, unverified_claims, verify_jwt
from idp.portals.assertions import LONGEST_ASSERTION_LIFE, spend_assertion
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.portals.profiles import BY_CERTIFICATE
from idp.protocol.answers import OAuthError
from idp.protocol.certificate_authentication import CertificateAuthentication
from idp.protocol.portal_authorities import CertificateRefused
from idp.protocol.token_request import TokenRequest
from idp.storage import Unit
from idp.web.basic_credentials import read_basic

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS: Final = ("ES256", "PS256", "RS256", "EdDSA")
METHODS: Final = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brought to prove which portal it is from. `proof` is a secret or an assertion.

    With neither, the method is `none`, and `certificate` that of the connection (DER), where there is one.
    """

    method: str
    client_id: str
    proof: str
    certificate: bytes | None = None


def read(fields: Mapping[str, str], authorization: str | None, certificate: bytes | None = None) -> Presented:
    """What was presented; raises `OAuthError` for none that is whole, or for more than one (RFC 6749 §2.3).

    A certificate counts where there is nothing else: a connection has one for other reasons, too (RFC 8705 §3).
    """
    found = [
        name
        for name, there in (
            ("client_secret_basic", authorization is not None),
            ("client_secret_post", "client_secret" in fields),
            ("private_key_jwt", "client_assertion" in fields or "client_assertion_type" in fields),
        )
        if there
    ]
    if len(found) > 1:
        raise OAuthError("invalid_request", "Use one method to authenticate, not several")
    method = found[0] if found else "none"
    if method == "client_secret_basic":
        assert authorization is not None
        return _basic(authorization, fields)
    if method == "private_key_jwt":
        return _assertion(fields)
    if method == "none":
        return Presented(method, fields.get("client_id", ""), "", certificate)
    return Presented(method, fields.get("client_id", ""), fields["client_secret"])


def _basic(authorization: str, fields: Mapping[str, str]) -> Presented:
    try:
        client_id, secret = read_basic(authorization)
    except ValueError as fault:
        raise _failed(str(fault)) from None
    _same_client(fields, client_id)
    return Presented("client_secret_basic", client_id, secret)


def _assertion(fields: Mapping[str, str]) -> Presented:
    if fields.get("client_assertion_type") != ASSERTION_TYPE or not fields.get("client_assertion"):
        raise _failed("assertion_incomplete")
    assertion = fields["client_assertion"]
    try:
        client_id = unverified_claims(assertion).get("sub")
    except TokenInvalid as refusal:
        raise _failed(refusal.reason) from None
    if not isinstance(client_id, str):
        raise _failed("assertion_without_sub")
    _same_client(fields, client_id)
    return Presented("private_key_jwt", client_id, assertion)


def _same_client(fields: Mapping[str, str], client_id: str) -> None:
    if fields.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "client_id differs from the one that authenticates")


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks what portals present. `issuer` is our name, and the first of those that an assertion may be for."""

    portals: Portals
    key_sets: PortalKeySets
    certificates: CertificateAuthentication
    issuer: str

    def authenticate(self, db: Unit, presented: Presented, *, now: datetime) -> Portal:
        """The portal that proved itself; raises `OAuthError` `invalid_client`, or `unauthorized_client` for one that
        nobody has approved yet. Spends an assertion's `jti`."""
        portal = self.portals.get(presented.client_id)
        if portal is None or portal.token_endpoint_auth_method not in _meant_by(presented):
            raise _failed("unknown_portal_or_another_method")
        if portal.token_endpoint_auth_method in BY_CERTIFICATE:
            self._check_certificate(presented, portal, now=now)
        elif presented.method == "private_key_jwt":
            self._check_assertion(db, presented, portal, now=now)
        elif presented.method != "none" and not portal.secret_matches(presented.proof):
            raise _failed("wrong_secret")
        if not portal.is_live:
            # Only to the portal itself: whoever could not prove to be it learns nothing of it.
            raise OAuthError("unauthorized_client", "The portal awaits its approval", reason="portal_pending")
        return portal

    def asker(self, db: Unit, asked: TokenRequest, *, by_name_alone: bool, now: datetime) -> Portal:
        """The portal that asks at /par, /introspect or /revoke; `by_name_alone` lets an app in, which has no secret.

        A failure is written down here; /token has a record of its own.
        """
        method = "unclear"
        try:
            presented = read(asked.fields, asked.authorization, asked.certificate)
            method = presented.method
            if method == "none" and (proving := self._method_by_certificate(presented)) is not None:
                method = proving
            elif method == "none" and not by_name_alone:
                raise _failed("no_credentials")
            return self.authenticate(db, presented, now=now)
        except OAuthError as error:
            record(db, PortalAuthenticationRefused(method=method, reason=error.reason or error.error), now=now)
            raise

    def _method_by_certificate(self, presented: Presented) -> str | None:
        """That of a portal which brings nothing else."""
        portal = self.portals.get(presented.client_id)
        method = None if portal is None else portal.token_endpoint_auth_method
        return method if method in BY_CERTIFICATE else None

    def _check_certificate(self, presented: Presented, portal: Portal, *, now: datetime) -> None:
        try:
            self.certificates.check(portal, presented.certificate, now=now)
        except CertificateRefused as refusal:
            raise _failed(refusal.reason) from None

    def _check_assertion(self, db: Unit, presented: Presented, portal: Portal, *, now: datetime) -> None:
        registered, rules = portal.token_endpoint_auth_signing_alg, portal.rules
        audiences = frozenset({self.issuer} if rules.takes_issuer_alone else _names_of(self.issuer))
        try:
            claims = verify_jwt(
                presented.proof,
                self.key_sets.of(portal),
                algorithms=(registered,) if registered else rules.algorithms,
                typ=None,
                issuer=portal.client_id,
                audiences=audiences,
                one_audience=rules.takes_issuer_alone,
                max_age=LONGEST_ASSERTION_LIFE,
                now=now,
            )
        except TokenInvalid as refusal:
            raise _failed(refusal.reason) from refusal
        jti = claims.get("jti")
        if claims.get("sub") != portal.client_id or not isinstance(jti, str) or not jti:
            raise _failed("sub_or_jti")
        if not spend_assertion(db, portal.id, jti, expires_at=datetime.fromtimestamp(claims["exp"], UTC), now=now):
            raise _failed("assertion_used_before")


def _meant_by(presented: Presented) -> tuple[str, ...]:
    """The methods that it may be. Who names itself alone is an app, or a portal whose connection says the rest."""
    return (presented.method, *BY_CERTIFICATE) if presented.method == "none" else (presented.method,)


@lru_cache(maxsize=8)
def _names_of(issuer: str) -> frozenset[str]:
    """RFC 7523 §3, RFC 9126 §2: the issuer, or the endpoint that is called."""
    return frozenset({issuer, f"{issuer}/token", f"{issuer}/par"})


def _failed(reason: str) -> OAuthError:
    return OAuthError("invalid_client", "The portal could not be authenticated", status=401, reason=reason)
