"""Who stands behind a call's access token, and whether their role may do what is asked.

Asked anew at every call, so that a role that was changed, an account that was suspended and a portal that was disabled
count at once. A person counts while the very sign-in that the token comes from is alive, at level 2, and not older than
a session of the console may get; offline grants of people open nothing here.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from starlette.requests import Request

from idp.admin.api.bodies import CallUnfit
from idp.admin.api.operations import Operation
from idp.admin.api.problems import ProofRefused, ScopeMissing, TokenMissing, TokenRefused, TooManyCalls
from idp.admin.api.shapes import Fault, Faults
from idp.admin.arriving import admitted, turn_away
from idp.admin.refusals import NotPermitted, NotStaff
from idp.admin.roles import Permission
from idp.admin.staff import Staff, of_portal
from idp.admin.staff_sessions import LONGEST
from idp.audit import record
from idp.audit.events import StaffNotPermitted, Throttled
from idp.keys import TokenInvalid
from idp.parts import Parts
from idp.portals.portal import Portal
from idp.sealing import Keyring
from idp.sessions import standing
from idp.sessions.tables import sessions
from idp.sign_in import throttling
from idp.sign_in.throttling import Lane, Rule, TooManyTries
from idp.storage import Row, Statement, Unit
from idp.tokens import access
from idp.tokens.access import AccessToken
from idp.tokens.dpop import Proofs
from idp.tokens.holding import NotTheHolder, Presented, check_holder
from idp.tokens.terms import Terms
from idp.web.client_certificate import ClientCertificates

LEVEL: Final = 2
_MINUTE: Final = timedelta(minutes=1)
_RULE: Final = Rule("admin_api", most=600, window=_MINUTE, longest=_MINUTE)

_SIGN_IN: Final = Statement(
    select(sessions.c.level, sessions.c.methods, sessions.c.authenticated_at).where(sessions.c.id == bindparam("id_"))
)


class Callers:
    """Lets staff in."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        settings = parts.settings
        self._certificates = ClientCertificates(settings)
        self._proofs = Proofs(parts.keyring, filter(None, (settings.issuer, settings.admin_url)))

    async def admit(self, request: Request, operation: Operation) -> Staff:
        """Whoever calls. Raises the refusals of `problems`, and those of the console's own entrance."""
        parts, now = self._parts, self._parts.clock.now()
        token = await self._held(_presented(request, self._certificates.of(request)), now=now)
        portal = parts.portals.get(token.client_id)
        if portal is None:
            raise TokenRefused("portal_gone")
        factor = parts.settings.staff_factor
        return await parts.database.run(_admit, parts.keyring, token, portal, operation, factor=factor, now=now)

    async def _held(self, presented: Presented, *, now: datetime) -> AccessToken:
        """The token, in the hands of whom it was made for."""
        parts = self._parts
        try:
            token = access.verify(parts.keys, presented.token, issuer=parts.settings.issuer, now=now)
            proof = check_holder(presented, token, self._proofs, now=now)
        except TokenInvalid:
            raise TokenRefused("not_ours") from None
        except NotTheHolder as refused:
            if refused.error == "invalid_token":
                raise TokenRefused(refused.reason) from None
            raise ProofRefused(refused.reason, error=refused.error, nonce=self._proofs.nonce(now=now)) from None
        if proof is not None and not await proof.spend_alone(parts.database):
            raise ProofRefused("used_before", error="invalid_dpop_proof", nonce=self._proofs.nonce(now=now))
        return token


def _presented(request: Request, certificate: bytes | None) -> Presented:
    """The token of the one Authorization header; it is looked for nowhere else (RFC 6750 §2.1)."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        faults = Faults()
        faults.note("Authorization", Fault.LENGTH)
        raise CallUnfit(faults)
    scheme, _, token = (headers[0] if headers else "").partition(" ")
    if scheme.lower() not in ("bearer", "dpop") or not token.strip():
        raise TokenMissing
    dpop = request.headers.getlist("dpop")
    return Presented(token.strip(), scheme.lower(), request.method, request.scope["path"], dpop, certificate)


def _admit(
    db: Unit, keyring: Keyring, token: AccessToken, portal: Portal, operation: Operation, *, factor: str, now: datetime
) -> Staff:
    own = standing.own_grant(db, token.grant_id, now=now)
    grant = own or standing.grant(db, token.grant_id, now=now)
    if grant is None or grant.portal_id != portal.id:
        raise TokenRefused("grant_ended")
    if operation.scope not in token.scope or operation.scope not in Terms.read(grant.terms).scope:
        turn_away(db, None if own else grant.account_id, ScopeMissing(), now=now)
    member = _program(db, portal.id, now=now) if own else _person(db, grant, factor=factor, now=now)
    _within_rate(db, keyring, member, now=now)
    refuse_forbidden(db, member, operation.needs, now=now)
    return member


def refuse_forbidden(db: Unit, member: Staff, permission: Permission, *, now: datetime) -> None:
    """Raise `NotPermitted` where the role may not, and have it in the audit."""
    if not member.may(permission):
        event = StaffNotPermitted(staff_id=member.id, permission=permission)
        record(db, event, account_id=member.account_id, actor=member.actor, now=now)
        raise NotPermitted(permission)


def _program(db: Unit, portal_id: UUID, *, now: datetime) -> Staff:
    member = of_portal(db, portal_id)
    if member is None:
        turn_away(db, None, NotStaff(), now=now)
    return member


def _person(db: Unit, grant: Row, *, factor: str, now: datetime) -> Staff:
    sign_in = db.one(_SIGN_IN, id_=grant.session_id) if grant.session_id else None
    if sign_in is None or sign_in.level < LEVEL or sign_in.authenticated_at <= now - LONGEST:
        raise TokenRefused("sign_in_too_old_or_weak")
    member = admitted(
        db, grant.account_id, tuple(sign_in.methods), proved_at=sign_in.authenticated_at, factor=factor, now=now
    )
    # What the console hangs on its own session hangs here on the sign-in: a look-up opens its account for that long.
    return replace(member, session_id=grant.session_id)


def _within_rate(db: Unit, keyring: Keyring, member: Staff, *, now: datetime) -> None:
    try:
        throttling.take(db, Lane.of(_RULE, keyring, member.id.hex), now=now)
    except TooManyTries as full:
        wait = full.retry_after or _MINUTE
        event = Throttled(counter=_RULE.counter, wait_seconds=int(wait.total_seconds()))
        record(db, event, actor=member.actor, now=now)
        raise TooManyCalls(retry_after=wait) from None
