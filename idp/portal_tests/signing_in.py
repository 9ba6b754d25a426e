"""Steps about the sign-in itself: what the portal asks for, and that a good answer signs the person in."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from idp.portal_tests.browser import Stopped
from idp.portal_tests.findings import Finding, failed, not_applicable, passed, warning
from idp.portal_tests.sightings import Sighting
from idp.portal_tests.trial import Trial
from idp.portals.profiles import BY_CERTIFICATE

_SHORTEST_STATE: Final = 16  # characters: what libraries send has twenty or more
_CHALLENGE_LENGTH: Final = 43  # of a SHA-256 in base64url (RFC 7636 §4.2)


async def start(trial: Trial) -> Finding:
    """The portal sends a browser to the run's issuer; waits for it where somebody is about to point it there."""
    until, unspent = trial.desk.run.waits_until, trial.budget.left
    while True:
        trial.budget.left = unspent  # what it takes to wait is not taken from the steps that follow
        await trial.desk.begin("start")
        try:
            await trial.ask()
        except Stopped:
            if until is None or trial.desk.clock.now() >= until:
                raise
            await asyncio.sleep(trial.pace.turning.total_seconds())
        else:
            return passed("sent_to_provider")


async def sign_in(trial: Trial) -> Finding:
    """A good answer signs the person in. Finds out, too, how that is seen from outside."""
    _, arrival = await trial.sign_in("sign_in")
    if fault := fault_of_redeeming(await trial.desk.seen("token")):
        return fault
    return await _calibrated(trial, arrival.url)


async def _calibrated(trial: Trial, ended_at: str) -> Finding:
    """Compare the probe as a stranger sees it with how the signed-in browser does."""
    trial.probe = trial.probe or ended_at
    visit, _ = await trial.sign_in("sign_in")
    stranger = await trial.browser().look(trial.probe)
    trial.shows_by_status = not 200 <= stranger.status < 300
    if not trial.shows_by_status and trial.names_person(stranger.text):
        return failed("shown_to_strangers")
    if not await trial.is_in(visit.browser):
        return failed("redeemed_not_shown")
    return passed("signed_in")


def fault_of_redeeming(calls: Sequence[Sighting]) -> Finding | None:
    """What went wrong between the answer and the tokens, by the calls at the token endpoint; None where they were
    issued."""
    if any(each.outcome == "redeemed" for each in calls):
        return None
    if not calls:
        return failed("not_redeemed")
    if calls[0].outcome == "not_proven":
        method = str(calls[0].details["method"])
        return failed("not_proven", method=method, fault=str(calls[0].details["fault"]))
    return failed("token_refused", reason=calls[0].outcome)


async def request(trial: Trial) -> Finding:
    """What it asks for is what it registered (OpenID Connect Core §3.1.2.1)."""
    asked = trial.requests[0]
    if asked.get("response_type") != "code":
        return failed("another_response_type")
    if asked.get("client_id") != trial.portal.client_id:
        return failed("another_client_id")
    scope = asked.get("scope", "").split()
    if "openid" not in scope:
        return failed("no_openid")
    if not set(scope) <= trial.portal.scopes:
        return warning("unregistered_scope", count=len(set(scope) - trial.portal.scopes))
    return passed("as_registered")


async def pkce(trial: Trial) -> Finding:
    """S256, with another verifier each time (RFC 7636, RFC 9700 §2.1.1)."""
    challenges = [asked.get("code_challenge") for asked in trial.requests]
    if None in challenges:
        return (failed if trial.portal.rules.needs_pkce else warning)("no_pkce")
    if any(asked.get("code_challenge_method") != "S256" for asked in trial.requests):
        return failed("pkce_not_s256")
    if any(challenge is not None and len(challenge) != _CHALLENGE_LENGTH for challenge in challenges):
        return failed("pkce_not_s256")
    return passed("sent") if len(set(challenges)) == len(challenges) else failed("repeated")


async def state(trial: Trial) -> Finding:
    """Long enough, and another one each time (RFC 6749 §10.12)."""
    return _unguessable(trial, "state", absent=warning if _has_pkce(trial) else failed)


async def nonce(trial: Trial) -> Finding:
    """The same for the nonce (OpenID Connect Core §15.5.2); the lax profiles may do without."""
    return _unguessable(trial, "nonce", absent=failed if trial.portal.rules.needs_pkce else warning)


def _unguessable(trial: Trial, name: str, *, absent: Callable[[str], Finding]) -> Finding:
    values = [asked.get(name) for asked in trial.requests]
    if None in values:
        return absent("not_sent")
    if any(value is not None and len(value) < _SHORTEST_STATE for value in values):
        return failed("too_short", least=_SHORTEST_STATE)
    return passed("sent") if len(set(values)) == len(values) else failed("repeated")


def _has_pkce(trial: Trial) -> bool:
    return all("code_challenge" in asked for asked in trial.requests)


async def proof(trial: Trial) -> Finding:
    """It proved itself at the token endpoint as it registered; else no step before would have come so far."""
    method = trial.portal.token_endpoint_auth_method
    return not_applicable("by_certificate") if method in BY_CERTIFICATE else passed("proven", method=method)


async def pushed(trial: Trial) -> Finding:
    """Where its profile wants that, requests are pushed (RFC 9126)."""
    portal = trial.portal
    if not (portal.rules.needs_pushed_requests or portal.require_pushed_authorization_requests):
        return not_applicable("not_registered")
    return passed("sent") if all("request_uri" in asked for asked in trial.requests) else failed("not_pushed")


async def bound(trial: Trial) -> Finding:
    """Where its profile wants that, access tokens are bound to a key (RFC 9449); to a certificate is not seen here."""
    portal = trial.portal
    if portal.tls_client_certificate_bound_access_tokens:
        return not_applicable("by_certificate")
    if not (portal.rules.needs_bound_tokens or portal.dpop_bound_access_tokens):
        return not_applicable("not_registered")
    trial.desk.step = "sign_in"
    redeemed = [each for each in await trial.desk.seen("token") if each.outcome == "redeemed"]
    return passed("sent") if all(each.details["bound"] for each in redeemed) else failed("not_bound")


async def sign_in_again(trial: Trial) -> Finding:
    """After all of that the portal still works."""
    visit, _ = await trial.sign_in("sign_in_again")
    return passed("signed_in") if await trial.is_in(visit.browser) else failed("not_signed_in")
