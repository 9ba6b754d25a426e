"""Taking a portal through every step, in order, and writing the report."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from idp.clock import Clock
from idp.errors import Kind, Refusal
from idp.key_sets.portal_key_sets import PortalKeySets
from idp.outbound import Outbound
from idp.portal_tests import answers, id_tokens, logging_out, refreshing, signing_in
from idp.portal_tests.browser import Stopped, origin_of
from idp.portal_tests.desk import Desk
from idp.portal_tests.findings import Finding, Result, Verdict, failed, not_applicable
from idp.portal_tests.run_keys import RegisteredAnew
from idp.portal_tests.runs import PortalTestUnknown, Run
from idp.portal_tests.trial import Pace, Trial, origins_of
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.sealing import Keyring
from idp.storage import Database
from idp.web.faults import log_fault
from idp.web.references import new_reference

Step = Callable[[Trial], Awaitable[Finding]]
Tell = Callable[[Result], None]

# The portal fetches keys when a kid is new to it, and libraries do so once a minute: so the key that is good comes
# before the one that is not.
STEPS: Final[Mapping[str, Step]] = {
    "start": signing_in.start,
    "sign_in": signing_in.sign_in,
    "request": signing_in.request,
    "proof": signing_in.proof,
    "pushed": signing_in.pushed,
    "bound": signing_in.bound,
    "state_wrong": answers.state_wrong,
    "state_missing": answers.state_missing,
    "other_browser": answers.other_browser,
    "issuer_wrong": answers.issuer_wrong,
    "replay": answers.replay,
    "nonce_wrong": id_tokens.refusing("nonce_wrong"),
    "nonce_missing": id_tokens.refusing("nonce_missing"),
    "issuer_of_token": id_tokens.refusing("issuer_of_token"),
    "audience": id_tokens.refusing("audience"),
    "expired": id_tokens.refusing("expired"),
    "algorithm_none": id_tokens.refusing("algorithm_none"),
    "foreign_signature": id_tokens.refusing("foreign_signature"),
    "clock_ahead": id_tokens.clock_ahead,
    "clock_far_ahead": id_tokens.refusing("clock_far_ahead"),
    "another_sub": id_tokens.another_sub,
    "refresh": refreshing.refresh,
    "refresh_refused": refreshing.refresh_refused,
    **{step: logging_out.refusing(step) for step in logging_out.REFUSED},
    "logout": logging_out.logout,
    "key_rollover": id_tokens.key_rollover,
    "unknown_key": id_tokens.refusing("unknown_key"),
    "sign_in_again": signing_in.sign_in_again,
    # Of all the requests that were made until here.
    "pkce": signing_in.pkce,
    "state": signing_in.state,
    "nonce": signing_in.nonce,
}
"""Every step of a report, in the order in which they are taken."""

_NOTHING_WITHOUT: Final = ("start", "sign_in")
_MOST_SILENT: Final = 3
_GONE: Final = ("silent", "unreachable", "too_much", "not_allowed", "too_many_calls")


class PortalTestNeedsStart(Refusal):
    """Nobody knows where to begin a sign-in at the portal: it registered no `initiate_login_uri`, and none was given.

    Operator: give `--start`, an address of the portal that sends a browser to sign in.
    """

    code = "portal_test_needs_start"


class PortalTestElsewhere(Refusal):
    """An address to begin at, or to look at, is at no host that the portal registered for browsers.

    Operator: give an address at the host of one of its `redirect_uris`, or register the other host as its `client_uri`.
    """

    code = "portal_test_elsewhere"


class PortalTestForPersons(Refusal):
    """The portal signs nobody in: there is nothing to test.

    Operator: a portal of the profile `service` has no people; an app (`native`) is tested by its own developers.
    """

    code = "portal_test_for_persons"
    kind = Kind.CONFLICT


def check(portal: Portal, start_url: str | None, probe_url: str | None) -> None:
    """Raise what would stop a run before it begins."""
    if not portal.rules.has_persons or portal.rules.application_type != "web":
        raise PortalTestForPersons
    if start_url is None and portal.initiate_login_uri is None:
        raise PortalTestNeedsStart
    known = origins_of(portal)
    if any(address is not None and origin_of(address) not in known for address in (start_url, probe_url)):
        raise PortalTestElsewhere


class Robot:
    """Goes through runs. One for a process."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        outbound: Outbound,
        clock: Clock,
        provider: str,
        pace: Pace | None = None,
    ) -> None:
        """`provider` is the real issuer, under which those of runs are."""
        self._database = database
        self._keyring = keyring
        self._outbound = outbound
        self._clock = clock
        self._provider = provider
        self._pace = pace or Pace()

    async def go_through(self, run: Run, portal: Portal, tell: Tell | None = None) -> str:
        """Every step; tells each result as it comes. Gives the outcome: `green`, `red` or `stopped`."""
        issuer, keys = run.issuer(self._provider), run.keys(self._keyring)
        portals = await Portals.load(self._database)
        known = portals.by_id(portal.id)
        # What a portal named itself is called only where it is public, by an operator's robot, too.
        named_it_itself = known is None or known.registered_itself
        outbound = self._outbound.for_strangers if named_it_itself else self._outbound
        key_sets = PortalKeySets(portals, self._outbound, self._clock)
        desk = Desk(self._database, self._clock, key_sets, run, portal, keys, issuer)
        trial = Trial(desk, outbound, _start(run, portal, issuer), run.probe_url, origins_of(portal), self._pace)
        try:
            async with asyncio.timeout((self._patience(run) + self._pace.whole).total_seconds()) as limit:
                await self._steps(trial, tell or _nobody, limit)
            outcome = outcome_of(desk.results)
        except (TimeoutError, PortalTestUnknown, RegisteredAnew):
            outcome = "stopped"
        except Exception as error:
            # A fault of ours: the run ends, and says no more than that.
            log_fault(error, new_reference())
            outcome = "stopped"
        await key_sets.close()
        await desk.finish(outcome)
        return outcome

    def _patience(self, run: Run) -> timedelta:
        """How long it may still wait for the portal to be pointed at the run's issuer."""
        return max((run.waits_until or self._clock.now()) - self._clock.now(), timedelta(0))

    async def _steps(self, trial: Trial, tell: Tell, limit: asyncio.Timeout) -> None:
        silent, is_over = 0, False
        for name, step in STEPS.items():
            found = not_applicable("not_tried") if is_over else await _tried(step, trial)
            result = Result(name, found)
            trial.desk.results.append(result)
            tell(result)
            if name == "start":  # the patience that was not needed is not for what follows
                limit.reschedule(asyncio.get_running_loop().time() + self._pace.whole.total_seconds())
            silent = silent + 1 if found.seen in _GONE else 0
            is_failed = found.verdict is Verdict.FAILED
            is_over = is_over or silent >= _MOST_SILENT or (is_failed and name in _NOTHING_WITHOUT)


def _nobody(result: Result) -> None:
    """Where nobody watches, the row alone is told."""


async def _tried(step: Step, trial: Trial) -> Finding:
    try:
        return await step(trial)
    except Stopped as stopped:
        return failed(stopped.seen, **stopped.figures)


def outcome_of(results: list[Result]) -> str:
    """Green where nothing failed."""
    return "red" if any(result.finding.verdict is Verdict.FAILED for result in results) else "green"


def _start(run: Run, portal: Portal, issuer: str) -> str:
    """Where the robot begins: as it was told, or by third-party-initiated login (OpenID Connect Core §4)."""
    if run.start_url is not None:
        return run.start_url
    address = portal.initiate_login_uri or ""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'iss': issuer})}"
