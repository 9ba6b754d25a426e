"""Steps about refresh tokens: used when the access token is over, and their refusal survived."""

import asyncio
from typing import Final

from idp.portal_tests.browser import Arrival, Browser
from idp.portal_tests.findings import Finding, failed, not_applicable, passed, warning
from idp.portal_tests.lies import Lie
from idp.portal_tests.trial import Trial

_LOOKS: Final = 2
_SHORT: Final = Lie(expires_in=1)
_REFUSING: Final = Lie(expires_in=1, refuses_refresh=True)


async def refresh(trial: Trial) -> Finding:
    """The portal gets new tokens when its own are over, and keeps the person."""
    if "refresh_token" not in trial.portal.grant_types:
        return not_applicable("not_registered")
    visit, _ = await trial.sign_in("refresh", _SHORT)
    await _use(trial, visit.browser)
    calls = [each.outcome for each in await trial.desk.seen("token")]
    if "refreshed" not in calls:
        return failed("refresh_faulty") if len(calls) > 1 else warning("no_refresh_seen")
    return passed("refreshed") if await trial.is_in(visit.browser) else failed("lost_after_refresh")


async def refresh_refused(trial: Trial) -> Finding:
    """A refresh token that is worth nothing any more ends no more than the session: the next sign-in works."""
    if "refresh_token" not in trial.portal.grant_types:
        return not_applicable("not_registered")
    visit, _ = await trial.sign_in("refresh_refused", _REFUSING)
    arrivals = await _use(trial, visit.browser)
    if "refresh_refused" not in [each.outcome for each in await trial.desk.seen("token")]:
        return not_applicable("no_refresh_seen")
    if any(arrival.status >= 500 for arrival in arrivals):
        return failed("fault_page", status=max(arrival.status for arrival in arrivals))
    visit, _ = await trial.sign_in("refresh_refused", browser=visit.browser)
    return passed("survived") if await trial.is_in(visit.browser) else failed("not_signed_in")


async def _use(trial: Trial, browser: Browser) -> list[Arrival]:
    """Go on using the portal when the access token is over."""
    assert trial.probe is not None
    arrivals = []
    for _ in range(_LOOKS):
        await asyncio.sleep(trial.pace.access.total_seconds())
        arrivals.append(await browser.look(trial.probe))
    return arrivals
