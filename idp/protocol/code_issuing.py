"""The unit behind /authorize: look who is signed in, decide, and issue the code in the same transaction."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from idp.accounts.issuing import may_issue
from idp.accounts.subjects import subject_for
from idp.audit.events import CodeIssued
from idp.audit.record import record
from idp.consent import agreements
from idp.portals.portal import Portal
from idp.protocol import acr
from idp.protocol.arriving import PushedRequestUnknown
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.next_step import Situation, Step, next_step
from idp.protocol.staff_scopes import IsStaff, may_have
from idp.sealing.keyring import Keyring
from idp.sessions import standing
from idp.sessions.standing import SignedIn
from idp.settings import Settings
from idp.storage import Unit
from idp.tokens import codes, pushed
from idp.tokens.terms import Terms

_GIVES: Final = (Step.ASK_CONSENT, Step.ISSUE_CODE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided; `code` is there exactly when the step is ISSUE_CODE."""

    step: Step
    who: SignedIn | None = None
    code: str | None = None


def answer_authorization(
    db: Unit,
    settings: Settings,
    keyring: Keyring,
    asked: AuthorizationRequest,
    portal: Portal,
    session_secret: str | None,
    *,
    is_staff: IsStaff,
    started_at: datetime,
    denied: bool,
    now: datetime,
) -> Outcome:
    """Decide what is next. The account's row is locked: a revocation comes before this or ends what it makes.

    Raises what `may_issue` raises. `standing.current` was its gate for everything but the portal, so ordinary accounts
    are asked once.
    """
    who = standing.current(db, session_secret, sector=portal.sector, idle=settings.session_idle, now=now)
    # A portal that needs no agreement costs no question for one, unless the request itself asks.
    asks = portal.consent != "none" or "consent" in asked.prompt
    agreement = agreements.find(db, who.account_id, portal.id, now=now) if who and asks else None
    situation = Situation(who, agreement, started_at, denied)
    step = next_step(asked, portal, situation, now=now)
    if step in _GIVES and who and not may_have(db, is_staff, asked.scope, account_id=who.account_id):
        step = Step.ACCESS_DENIED
    if step is not Step.ISSUE_CODE or who is None:
        return Outcome(step, who)
    if who.restricted:
        may_issue(db, who.account_id, portal_id=portal.id, province=portal.province, now=now)
    if asked.pushed is not None and not pushed.spend(db, asked.pushed, now=now):
        raise PushedRequestUnknown("spent")
    return Outcome(step, who, _issue(db, settings, keyring, asked, portal, who, now=now))


def _issue(
    db: Unit,
    settings: Settings,
    keyring: Keyring,
    asked: AuthorizationRequest,
    portal: Portal,
    who: SignedIn,
    *,
    now: datetime,
) -> str:
    issued = codes.issue(
        db,
        account_id=who.account_id,
        portal_id=portal.id,
        session_id=who.session_id,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.code_challenge,
        terms=_terms(db, keyring, asked, portal, who, now=now),
        lifetime=settings.code_lifetime,
        now=now,
    )
    event = CodeIssued(grant_id=issued.grant_id, session_id=who.session_id, scopes=asked.scope)
    record(db, event, now=now, account_id=who.account_id, portal_id=portal.id)
    return issued.code


def _terms(
    db: Unit, keyring: Keyring, asked: AuthorizationRequest, portal: Portal, who: SignedIn, *, now: datetime
) -> Terms:
    return Terms(
        scope=asked.scope,
        sub=who.sub or subject_for(db, keyring, who.person_id, portal.sector, now=now),
        sid=session_name(keyring, who.session_id, portal.sector),
        acr=acr.name(who.level),
        amr=who.methods,
        auth_time=int(who.at.timestamp()),
        nonce=asked.nonce,
        userinfo_claims=asked.claims.userinfo,
        id_token_claims=asked.claims.id_token,
        resources=asked.resources,
        dpop_jkt=asked.dpop_jkt,
    )


def session_name(keyring: Keyring, session_id: UUID, sector: str) -> str:
    """The sector's own name of a session, `sid`: two portals of two sectors cannot tell that theirs is one session."""
    derived = keyring.derive("subjects", b"sid\0" + session_id.bytes + sector.encode())
    return urlsafe_b64encode(derived[:16]).rstrip(b"=").decode()
