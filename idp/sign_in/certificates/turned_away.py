"""Writing down what was refused before it could open anything, so often from one address and no more."""

from datetime import datetime

from starlette.requests import Request

from idp.audit import record
from idp.audit.events import CertificateTurnedAway
from idp.errors import Refusal
from idp.parts import Parts
from idp.sealing import Keyring
from idp.sign_in import lanes, throttling
from idp.sign_in.browser import Browser, Browsers
from idp.sign_in.certificates.shown import UNREAD, Way, turned_away
from idp.storage import Unit


class TurnedAway:
    """The record of refusals, with the address that they come from counted."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._browsers = Browsers(parts.settings)

    async def write_down(self, request: Request, way: Way, refusal: Refusal, fingerprint: str = UNREAD) -> None:
        """One audit row; raises `TooManyTries` in its place when the address has used up what it may."""
        parts, event = self._parts, turned_away(fingerprint, way, refusal)
        browser, now = self._browsers.of(request), parts.clock.now()
        await parts.database.run(write_row, parts.keyring, browser, event, now=now)


def write_row(db: Unit, keyring: Keyring, browser: Browser, event: CertificateTurnedAway, *, now: datetime) -> None:
    """The unit: count, and write the row; raises `TooManyTries`."""
    if browser.address is not None:
        throttling.take(db, lanes.of_site(lanes.CERTIFICATE, keyring, browser.address), now=now)
    record(db, event, reference=browser.reference, now=now)
