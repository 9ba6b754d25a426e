"""Steps about ID tokens that must not sign anybody in, and those that must although a clock or a key has changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from idp.portal_tests.answers import fault_page
from idp.portal_tests.findings import Finding, failed, not_applicable, passed, warning
from idp.portal_tests.lies import Lie
from idp.portal_tests.signing_in import fault_of_redeeming
from idp.portal_tests.trial import Trial

_ANOTHER: Final = "https://another.invalid"

REFUSED: Final[Mapping[str, Lie]] = {
    "nonce_wrong": Lie(claims={"nonce": "of-another-sign-in"}),
    "nonce_missing": Lie(claims={"nonce": None}),
    "issuer_of_token": Lie(claims={"iss": _ANOTHER}),
    "audience": Lie(claims={"aud": "another-portal"}),
    "expired": Lie(shift=-600),
    "algorithm_none": Lie(signature="none"),
    "foreign_signature": Lie(signature="foreign"),
    "unknown_key": Lie(signature="unknown"),
    "clock_far_ahead": Lie(shift=61),
}
"""What must not be believed (OpenID Connect Core §3.1.3.7)."""

_NEEDS_NONCE: Final = ("nonce_wrong", "nonce_missing")
_LEFT_OPEN: Final = ("clock_far_ahead",)  # the specification leaves how far a clock may be ahead to the portal

AHEAD_SECONDS: Final = 8
_NEXT: Final = 2


async def _refused(trial: Trial, step: str, lie: Lie) -> Finding:
    if step in _NEEDS_NONCE and any("nonce" not in asked for asked in trial.requests):
        return not_applicable("not_sent")
    visit, arrival = await trial.sign_in(step, lie)
    if fault := fault_of_redeeming(await trial.desk.seen("token")):
        return fault
    if await trial.is_in(visit.browser):
        return (warning if step in _LEFT_OPEN else failed)("signed_in")
    return fault_page(arrival) or passed("refused")


def refusing(step: str) -> Callable[[Trial], Awaitable[Finding]]:
    """The step of that name in `REFUSED`."""
    return partial(_refused, step=step, lie=REFUSED[step])


async def clock_ahead(trial: Trial) -> Finding:
    """Honest clocks are some seconds apart: a token from eight seconds ahead is good."""
    visit, _ = await trial.sign_in("clock_ahead", Lie(shift=AHEAD_SECONDS))
    return passed("signed_in") if await trial.is_in(visit.browser) else failed("not_signed_in")


async def another_sub(trial: Trial) -> Finding:
    """Userinfo about somebody else than the ID token (OpenID Connect Core §5.3.2)."""
    visit, arrival = await trial.sign_in("another_sub", Lie(userinfo={"sub": "somebody-else"}))
    if not await trial.desk.seen("userinfo"):
        return not_applicable("userinfo_not_asked")
    if await trial.is_in(visit.browser):
        return failed("signed_in")
    return fault_page(arrival) or passed("refused")


async def key_rollover(trial: Trial) -> Finding:
    """A second key is published and signs from now on: the portal fetches it by itself, at the latest in a minute."""
    await trial.desk.begin("key_rollover", published=_NEXT)
    lie = Lie(signature="next")
    visit, _ = await trial.sign_in("key_rollover", lie)
    if await trial.is_in(visit.browser):
        return passed("signed_in")
    await asyncio.sleep(trial.pace.keys.total_seconds())
    visit, _ = await trial.sign_in("key_rollover", lie)
    if await trial.is_in(visit.browser):
        return passed("signed_in_later", seconds=int(trial.pace.keys.total_seconds()))
    asked_again = any(each.details["keys"] == _NEXT for each in await trial.desk.seen("jwks"))
    return failed("new_key_not_taken" if asked_again else "new_key_not_fetched")
