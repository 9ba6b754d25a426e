"""What every step does: ask at the portal, bring it an answer, look who is signed in there."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from idp.outbound import Outbound
from idp.portal_tests.browser import Arrival, Browser, Budget, Stopped, origin_of
from idp.portal_tests.describing import POSTED_MODES
from idp.portal_tests.desk import Desk
from idp.portal_tests.invented import NAME
from idp.portal_tests.lies import TRUTH, Lie
from idp.portals.portal import Portal

_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the robot waits for what takes time at a portal."""

    # Until a portal may fetch our keys anew: libraries do so once a minute.
    keys: timedelta = timedelta(seconds=61)
    # Until an access token that lives a second is over for a portal that forgives a few.
    access: timedelta = timedelta(seconds=3)
    # Between looks at a portal that is not yet pointed at the run's issuer.
    turning: timedelta = timedelta(seconds=3)
    # For one answer, and for everything but waiting until the portal is pointed at the run's issuer.
    call: timedelta = timedelta(seconds=8)
    whole: timedelta = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that a portal has sent to the provider, with what it asks for there."""

    browser: Browser
    request: Mapping[str, str]
    answer: Mapping[str, str]


@dataclass(slots=True)
class Trial:
    """One portal being tried. `probe` shows who is signed in; how, `shows_by_status` says once it is known."""

    desk: Desk
    outbound: Outbound
    start: str
    probe: str | None
    origins: frozenset[str]
    pace: Pace = field(default_factory=Pace)
    budget: Budget = field(default_factory=Budget)
    requests: list[Mapping[str, str]] = field(default_factory=list)
    shows_by_status: bool = False

    @property
    def portal(self) -> Portal:
        """The one that is tried."""
        return self.desk.portal

    def browser(self) -> Browser:
        """A fresh one."""
        seconds = self.pace.call.total_seconds()
        return Browser(self.outbound, self.origins, self.desk.issuer, self.budget, seconds)

    async def ask(self, browser: Browser | None = None) -> Visit:
        """Begin a sign-in there; raises `Stopped` where it does not lead to the provider."""
        browser = browser or self.browser()
        arrival = await browser.visit(self.start)
        if arrival.asked is None:
            raise Stopped("not_sent_to_provider", status=arrival.status)
        request = await self.desk.request_of(arrival.asked)
        self.requests.append(request)
        return Visit(browser, request, await self.desk.answer(request))

    async def bring(self, visit: Visit, answer: Mapping[str, str], browser: Browser | None = None) -> Arrival:
        """Bring an answer back, in the same browser unless another is given."""
        packed = self.desk.packed(visit.request, answer)
        by_post = visit.request.get("response_mode") in POSTED_MODES
        return await (browser or visit.browser).bring(visit.request["redirect_uri"], packed, by_post=by_post)

    async def sign_in(self, step: str, lie: Lie = TRUTH, browser: Browser | None = None) -> tuple[Visit, Arrival]:
        """A whole sign-in whose tokens are as `lie` has them."""
        await self.desk.begin(step, lie)
        visit = await self.ask(browser)
        return visit, await self.bring(visit, visit.answer)

    async def is_in(self, browser: Browser) -> bool:
        """Whether the portal holds the invented person signed in, in that browser."""
        assert self.probe is not None
        arrival = await browser.look(self.probe)
        if not 200 <= arrival.status < 300:
            return False
        return self.shows_by_status or self.names_person(arrival.text)

    def names_person(self, text: str) -> bool:
        """Whether a page or a JSON text is about the invented person."""
        plain = unicodedata.normalize("NFC", _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
        return NAME in plain or self.desk.run.sub in plain


def origins_of(portal: Portal) -> frozenset[str]:
    """Where the robot may go: hosts that the portal registered for browsers."""
    registered = (
        *portal.redirect_uris,
        *portal.post_logout_redirect_uris,
        portal.initiate_login_uri,
        portal.client_uri,
    )
    return frozenset(filter(None, (origin_of(address) for address in registered if address)))
