"""Steps about answers that are not what the portal asked for: it must redeem no code and sign nobody in."""

from collections.abc import Mapping

from idp.portal_tests.browser import Arrival, Browser
from idp.portal_tests.findings import Finding, failed, not_applicable, passed, warning
from idp.portal_tests.trial import Trial, Visit
from idp.sealing import random_value


async def state_wrong(trial: Trial) -> Finding:
    """A `state` that the portal never sent."""
    return await _with_state(trial, "state_wrong", random_value(""))


async def state_missing(trial: Trial) -> Finding:
    """No `state` at all."""
    return await _with_state(trial, "state_missing", None)


async def _with_state(trial: Trial, step: str, value: str | None) -> Finding:
    await trial.desk.begin(step)
    visit = await trial.ask()
    if "state" not in visit.request:
        return not_applicable("not_sent")
    others = {name: told for name, told in visit.answer.items() if name != "state"}
    return await _refused(trial, visit, others | ({"state": value} if value else {}))


async def other_browser(trial: Trial) -> Finding:
    """A good answer in a browser that has not asked for it: somebody would be signed in as somebody else."""
    await trial.desk.begin("other_browser")
    visit = await trial.ask()
    return await _refused(trial, visit, visit.answer, trial.browser())


async def issuer_wrong(trial: Trial) -> Finding:
    """An answer that names another issuer, though the discovery document promises the right one (RFC 9207 §2.4)."""
    await trial.desk.begin("issuer_wrong")
    visit = await trial.ask()
    found = await _refused(trial, visit, {**visit.answer, "iss": "https://another.invalid"})
    is_lax = not trial.portal.rules.needs_pkce
    return warning(found.seen, **found.figures) if is_lax and found.verdict == "failed" else found


async def _refused(trial: Trial, visit: Visit, answer: Mapping[str, str], browser: Browser | None = None) -> Finding:
    arrival = await trial.bring(visit, answer, browser)
    if await trial.is_in(browser or visit.browser):
        return failed("signed_in")
    if await trial.desk.seen("token"):
        return failed("redeemed")
    return fault_page(arrival) or passed("refused")


async def replay(trial: Trial) -> Finding:
    """The same answer once more, in the same browser and in another: the code is not redeemed again."""
    visit, _ = await trial.sign_in("replay")
    await trial.bring(visit, visit.answer)
    other = trial.browser()
    arrival = await trial.bring(visit, visit.answer, other)
    if await trial.is_in(other):
        return failed("signed_in")
    if len(await trial.desk.seen("token")) > 1:
        return failed("redeemed_again")
    return fault_page(arrival) or passed("refused")


def fault_page(arrival: Arrival) -> Finding | None:
    """A refusal is right, and a fault of the portal's own is no refusal that a person understands."""
    return warning("fault_page", status=arrival.status) if arrival.status >= 500 else None
