"""The only place that decides what a sign-in needs next. Every page comes back here.

No input but its arguments, so its tests are a table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.consent.agreements import Agreement, what_is_asked
from idp.portals.portal import Portal
from idp.protocol import acr
from idp.protocol.authorization_request import AuthorizationRequest
from idp.sessions.standing import SignedIn


class Step(StrEnum):
    """What happens next. The last four go back to the portal as errors."""

    SIGN_IN = "sign_in"
    PROVE_MORE = "prove_more"
    ASK_CONSENT = "ask_consent"
    ISSUE_CODE = "issue_code"
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    ACCESS_DENIED = "access_denied"
    UNMET_LEVEL = "unmet_authentication_requirements"


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a browser stands: who is signed in, what they agreed to before, since when it tries, and whether they
    said no."""

    who: SignedIn | None
    agreement: Agreement | None
    started_at: datetime
    denied: bool = False


def next_step(asked: AuthorizationRequest, portal: Portal, situation: Situation, *, now: datetime) -> Step:
    """What this sign-in needs next."""
    if situation.denied:
        return Step.ACCESS_DENIED
    silent = "none" in asked.prompt
    needed = needed_level(asked, portal)
    if needed is None:
        return Step.UNMET_LEVEL
    who = situation.who
    if who is None or not _fresh(asked, who, situation.started_at, now=now):
        return Step.LOGIN_REQUIRED if silent else Step.SIGN_IN
    if asked.expected_sub is not None and asked.expected_sub != who.sub:
        # Whoever signed in for this very request is still somebody else: asking again would go round in circles.
        return Step.LOGIN_REQUIRED if silent or who.at >= situation.started_at else Step.SIGN_IN
    if who.level < needed:
        return Step.LOGIN_REQUIRED if silent else Step.PROVE_MORE
    if not _agreed(asked, portal, situation):
        return _silent_refusal(situation.agreement) if silent else Step.ASK_CONSENT
    return Step.ISSUE_CODE


def needed_level(asked: AuthorizationRequest, portal: Portal) -> int | None:
    """The level to reach, or None when the portal insists on one that cannot be.

    `acr_values` is a wish: what can be reached of it is (RFC 9470 §5), where the portal may ask for more than its usual
    level; the rest is left aside.
    """
    wished = acr.lowest_of(asked.acr_values) if portal.step_up else None
    usual = max(portal.minimum_level, wished or 0)
    if not asked.claims.essential_acr:
        return usual
    lowest = acr.lowest_of(asked.claims.essential_acr)
    return None if lowest is None else max(lowest, usual)


def _fresh(asked: AuthorizationRequest, who: SignedIn, started_at: datetime, *, now: datetime) -> bool:
    if who.at >= started_at:
        return True
    if asked.prompt & {"login", "select_account"}:
        return False
    return asked.max_age is None or now - who.at <= timedelta(seconds=asked.max_age)


def _agreed(asked: AuthorizationRequest, portal: Portal, situation: Situation) -> bool:
    wanted = what_is_asked(asked.scope, (*asked.claims.userinfo, *asked.claims.id_token), asked.resources)
    agreement = situation.agreement
    if "consent" in asked.prompt or portal.consent == "always":
        return agreement is not None and agreement.covers(wanted) and agreement.agreed_at >= situation.started_at
    if portal.consent == "none":
        return True
    # Also when nothing but `openid` is asked: that they signed in here is theirs to tell, the first time.
    return agreement is not None and agreement.covers(wanted)


def _silent_refusal(agreement: Agreement | None) -> Step:
    # To a portal that never met the person, "signed in, but not asked yet" would tell that they are signed in.
    return Step.LOGIN_REQUIRED if agreement is None else Step.CONSENT_REQUIRED
