"""The one decision, as a table: what was asked, who is there, what they agreed to, and what comes next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.consent.agreements import Agreement
from idp.portals import Portal
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.claims_request import ClaimsRequest
from idp.protocol.next_step import Situation, Step, next_step
from idp.sessions.standing import SignedIn
from tests.support.clock import START, ManualClock
from tests.support.house import portal as made_portal

ASKED = AuthorizationRequest(
    client_id="test-portal",
    redirect_uri="https://portal.example/callback",
    response_mode="query",
    scope=("openid", "profile"),
    state=None,
    nonce=None,
    code_challenge=None,
    prompt=frozenset(),
    max_age=None,
    claims=ClaimsRequest(),
    expected_sub=None,
    login_hint=None,
    ui_locales=None,
)
NOW = START + timedelta(hours=1)
STARTED = NOW - timedelta(minutes=2)
BEFORE, DURING = STARTED - timedelta(minutes=10), STARTED + timedelta(minutes=1)
ESSENTIAL_2 = ClaimsRequest(essential_acr=("urn:vn:eid:auth-level:2",))
ESSENTIAL_3 = ClaimsRequest(essential_acr=("urn:vn:eid:auth-level:3",))
ESSENTIAL_3_OR_1 = ClaimsRequest(essential_acr=("urn:vn:eid:auth-level:3", "urn:vn:eid:auth-level:1"))


def asking(*prompt: str, **changes: Any) -> AuthorizationRequest:
    return replace(ASKED, prompt=frozenset(prompt), **changes)


def portal(**changes: Any) -> Portal:
    return made_portal(ManualClock(), **{"consent": "none", **changes})


def signed_in(*, at: datetime = BEFORE, level: int = 2, sub: str | None = "sub-a") -> SignedIn:
    someone = UUID(int=1)
    methods = ("pwd", "otp", "mfa") if level == 2 else ("pwd",)
    return SignedIn(someone, someone, someone, 1, level, methods, at, NOW + timedelta(hours=1), sub)


def agreed(*scope: str, at: datetime = BEFORE, current: bool = True) -> Agreement:
    return Agreement(frozenset(scope), at, current)


ASKS, ALWAYS = portal(consent="ask"), portal(consent="always")
LEVEL_1 = portal(minimum_level=1)
NOBODY, SOMEBODY, JUST_NOW = None, signed_in(), signed_in(at=DURING)
ONE_FACTOR = signed_in(level=1)


@pytest.mark.parametrize(
    ("asked", "at", "who", "agreement", "step"),
    [
        # Who is there.
        (asking(), portal(), NOBODY, None, Step.SIGN_IN),
        (asking(), portal(), SOMEBODY, None, Step.ISSUE_CODE),
        (asking("none"), portal(), NOBODY, None, Step.LOGIN_REQUIRED),
        (asking("none"), portal(), SOMEBODY, None, Step.ISSUE_CODE),
        # How long ago they signed in.
        (asking("login"), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking("login"), portal(), JUST_NOW, None, Step.ISSUE_CODE),
        (asking("select_account"), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking("select_account"), portal(), JUST_NOW, None, Step.ISSUE_CODE),
        (asking(max_age=60), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking(max_age=12 * 60), portal(), SOMEBODY, None, Step.ISSUE_CODE),
        (asking(max_age=12 * 60 - 1), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking(max_age=0), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking(max_age=0), portal(), JUST_NOW, None, Step.ISSUE_CODE),
        (asking("none", max_age=60), portal(), SOMEBODY, None, Step.LOGIN_REQUIRED),
        # Whom the portal expects.
        (asking(expected_sub="sub-a"), portal(), SOMEBODY, None, Step.ISSUE_CODE),
        (asking(expected_sub="sub-b"), portal(), SOMEBODY, None, Step.SIGN_IN),
        (asking(expected_sub="sub-b"), portal(), JUST_NOW, None, Step.LOGIN_REQUIRED),
        (asking("none", expected_sub="sub-b"), portal(), SOMEBODY, None, Step.LOGIN_REQUIRED),
        (asking(expected_sub="sub-a"), portal(), signed_in(sub=None), None, Step.SIGN_IN),
        # By how many factors.
        (asking(), portal(), ONE_FACTOR, None, Step.PROVE_MORE),
        (asking("none"), portal(), ONE_FACTOR, None, Step.LOGIN_REQUIRED),
        (asking(), LEVEL_1, ONE_FACTOR, None, Step.ISSUE_CODE),
        (asking(claims=ESSENTIAL_2), LEVEL_1, ONE_FACTOR, None, Step.PROVE_MORE),
        (asking(claims=ESSENTIAL_3), portal(), SOMEBODY, None, Step.UNMET_LEVEL),
        (asking(claims=ESSENTIAL_3), portal(), NOBODY, None, Step.UNMET_LEVEL),
        (asking("none", claims=ESSENTIAL_3), portal(), NOBODY, None, Step.UNMET_LEVEL),
        (asking(claims=ESSENTIAL_3_OR_1), LEVEL_1, ONE_FACTOR, None, Step.ISSUE_CODE),
        (asking(claims=ESSENTIAL_3_OR_1), portal(), ONE_FACTOR, None, Step.PROVE_MORE),
        # What they agreed to.
        (asking(), ASKS, SOMEBODY, None, Step.ASK_CONSENT),
        (asking(), ASKS, SOMEBODY, agreed("profile"), Step.ISSUE_CODE),
        (asking(), ASKS, SOMEBODY, agreed("profile", "email"), Step.ISSUE_CODE),
        (asking(), ASKS, SOMEBODY, agreed("email"), Step.ASK_CONSENT),
        (asking(), ASKS, SOMEBODY, agreed("profile", current=False), Step.ASK_CONSENT),
        (asking(scope=("openid",)), ASKS, SOMEBODY, None, Step.ASK_CONSENT),
        (asking(scope=("openid",)), ASKS, SOMEBODY, agreed(), Step.ISSUE_CODE),
        (asking(claims=ClaimsRequest(id_token=("email",))), ASKS, SOMEBODY, agreed("profile"), Step.ASK_CONSENT),
        (asking(claims=ClaimsRequest(userinfo=("email",))), ASKS, SOMEBODY, agreed("profile"), Step.ASK_CONSENT),
        (asking("consent"), ASKS, SOMEBODY, agreed("profile"), Step.ASK_CONSENT),
        (asking("consent"), ASKS, SOMEBODY, agreed("profile", at=DURING), Step.ISSUE_CODE),
        (asking("consent"), portal(), SOMEBODY, None, Step.ASK_CONSENT),
        (asking(), ALWAYS, SOMEBODY, agreed("profile"), Step.ASK_CONSENT),
        (asking(), ALWAYS, SOMEBODY, agreed("profile", at=DURING), Step.ISSUE_CODE),
        # What a portal may learn in silence: not that somebody is signed in whom it never met (P-18).
        (asking("none"), ASKS, SOMEBODY, None, Step.LOGIN_REQUIRED),
        (asking("none"), ASKS, SOMEBODY, agreed("email"), Step.CONSENT_REQUIRED),
        (asking("none"), ALWAYS, SOMEBODY, agreed("profile"), Step.CONSENT_REQUIRED),
    ],
)
def test_the_next_step_is(
    asked: AuthorizationRequest, at: Portal, who: SignedIn | None, agreement: Agreement | None, step: Step
) -> None:
    assert next_step(asked, at, Situation(who, agreement, STARTED), now=NOW) is step


@pytest.mark.parametrize("who", [NOBODY, SOMEBODY, ONE_FACTOR])
@pytest.mark.parametrize("asked", [asking(), asking("login"), asking(claims=ESSENTIAL_3)])
def test_a_no_is_a_no_whatever_was_asked(asked: AuthorizationRequest, who: SignedIn | None) -> None:
    assert next_step(asked, ASKS, Situation(who, None, STARTED, denied=True), now=NOW) is Step.ACCESS_DENIED


@pytest.mark.parametrize("at", [portal(), LEVEL_1, ASKS, ALWAYS])
@pytest.mark.parametrize("who", [NOBODY, SOMEBODY, ONE_FACTOR, JUST_NOW])
@pytest.mark.parametrize("agreement", [None, agreed("profile"), agreed("profile", at=DURING)])
def test_in_silence_no_page_is_ever_shown(at: Portal, who: SignedIn | None, agreement: Agreement | None) -> None:
    pages = {Step.SIGN_IN, Step.PROVE_MORE, Step.ASK_CONSENT}
    assert next_step(asking("none"), at, Situation(who, agreement, STARTED), now=NOW) not in pages
